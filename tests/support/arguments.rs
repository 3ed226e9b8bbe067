//! The command line of the test program: the options of libtest-mimic, several filters, and more threads.

use libtest_mimic::{Arguments, Trial};

/// The number of cases at a time for each processor. Most cases mostly wait for other processes.
const THREADS: usize = 3;

/// Splits off the filters, of which libtest-mimic takes only one.
fn split(words: impl Iterator<Item = String>) -> (Vec<String>, Vec<String>) {
    const WITH_VALUE: [&str; 6] = [
        "--test-threads",
        "--logfile",
        "--skip",
        "--color",
        "--format",
        "-Z",
    ];
    let (mut filters, mut others) = (Vec::new(), Vec::new());
    let mut is_value = true; // the name of the program
    for word in words {
        if is_value || word.starts_with('-') {
            is_value = !is_value && WITH_VALUE.contains(&&*word);
            others.push(word);
        } else {
            filters.push(word);
        }
    }
    (filters, others)
}

/// Reads the command line.
pub fn read(cases: &[Trial]) -> Arguments {
    let (filters, others) = split(std::env::args());
    let mut arguments = Arguments::from_iter(others);
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    arguments.test_threads.get_or_insert(THREADS * processors);
    if filters.len() < 2 {
        arguments.filter = filters.into_iter().next();
    } else {
        // Cases that match no filter are skipped by name.
        let finds = |name: &str, filter: &String| {
            if arguments.exact {
                name == filter
            } else {
                name.contains(filter)
            }
        };
        let found = |name: &str| filters.iter().any(|filter| finds(name, filter));
        let left_out = |name: &str| arguments.skip.iter().any(|filter| finds(name, filter));
        let names = cases.iter().map(Trial::name);
        arguments.skip = names
            .filter(|name| !found(name) || left_out(name))
            .map(str::to_owned)
            .collect();
        arguments.exact = true;
    }
    arguments
}
