//! What all five programs do alike.

use crate::support::case::cases;
use crate::support::{Outcome, Run as _, program};

const PROGRAMS: [&str; 5] = ["ns-unshare", "ns-enter", "ns-ls", "ns-hostname", "ns-mounts"];

cases!["common": help_and_version_go_to_stdout, a_wrong_option_is_named, a_full_disk_is_an_error, a_reader_that_goes_away_is_none];

fn help_and_version_go_to_stdout() -> Outcome {
    for name in PROGRAMS {
        let help = program(name).arg("--help").ran().ok();
        assert!(help.contains("Usage:") && help.contains(name), "{help}");
        assert_eq!(
            program(name).arg("--version").ran().ok(),
            format!("{name} {}\n", env!("CARGO_PKG_VERSION"))
        );
    }
    Ok(())
}

fn a_wrong_option_is_named() -> Outcome {
    for name in PROGRAMS {
        let error = program(name).arg("--no-such-option").ran().fails(2);
        assert!(error.starts_with(&format!("{name}: ")), "{error}");
        assert!(error.contains("--no-such-option"), "{error}");
    }
    Ok(())
}

fn a_full_disk_is_an_error() -> Outcome {
    for name in PROGRAMS {
        let full = std::fs::File::options()
            .write(true)
            .open("/dev/full")
            .expect("/dev/full is there");
        let ran = program(name).arg("--help").stdout(full).ran();
        assert_eq!(ran.status, 1, "{ran:?}");
        assert_eq!(ran.stderr, format!("{name}: No space left on device\n"));
    }
    Ok(())
}

fn a_reader_that_goes_away_is_none() -> Outcome {
    for name in PROGRAMS {
        let (reader, writer) = std::io::pipe().expect("a pipe can be made");
        drop(reader);
        let ran = program(name).arg("--help").stdout(writer).ran();
        assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{name}");
    }
    Ok(())
}
