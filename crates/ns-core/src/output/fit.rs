//! The widths of columns on a terminal that has no room for all values whole.

use super::{Heading, Holds};

/// A column keeps at least this many columns of the terminal.
const NARROWEST: usize = 8;

/// The widths that fit into `room`. `cells` has the widths of the cells of a column.
///
/// Columns that shrink give first, the widest before others: a long command line costs less than a cut name. If that is not
/// enough, values of other texts that take more than half of the room do not count: they are cut to a third of it, and the
/// other rows stay whole. In the end, the widest texts give. Numbers are never cut.
pub(super) fn fitted(
    widths: &[usize],
    columns: &[&'static Heading],
    room: usize,
    cells: impl Fn(usize) -> Vec<usize>,
) -> Vec<usize> {
    let between = widths.len().saturating_sub(1);
    let excess = |widths: &[usize]| (widths.iter().sum::<usize>() + between).saturating_sub(room);
    let mut whole = widths.to_owned();
    narrow(&mut whole, excess, |index| columns[index].shrinks);
    if excess(&whole) == 0 {
        return whole;
    }
    let mut fitted = widths.to_owned();
    for (index, width) in fitted.iter_mut().enumerate() {
        if is_text(columns[index]) && !columns[index].shrinks && *width > room / 2 {
            let usual = cells(index).into_iter().filter(|width| *width <= room / 2).max();
            *width = usual.unwrap_or(0).max(room / 3);
        }
    }
    narrow(&mut fitted, excess, |index| columns[index].shrinks);
    narrow(&mut fitted, excess, |index| is_text(columns[index]));
    // The spare room goes to the columns whose longest value did not count.
    let mut spare = room.saturating_sub(fitted.iter().sum::<usize>() + between);
    for (index, width) in fitted.iter_mut().enumerate() {
        if !columns[index].shrinks {
            let more = spare.min(widths[index] - *width);
            *width += more;
            spare -= more;
        }
    }
    fitted
}

/// Takes from the widest of some columns until there is no excess.
fn narrow(widths: &mut [usize], excess: impl Fn(&[usize]) -> usize, gives: impl Fn(usize) -> bool) {
    while excess(widths) > 0 {
        let widest = (0..widths.len())
            .filter(|index| gives(*index) && widths[*index] > NARROWEST)
            .max_by_key(|index| widths[*index]);
        let Some(index) = widest else { break };
        widths[index] -= 1;
    }
}

fn is_text(column: &Heading) -> bool {
    matches!(column.holds, Holds::Text | Holds::Texts)
}

#[cfg(test)]
mod tests {
    use super::*;

    static TARGET: Heading = Heading::text("TARGET", "");
    static FSTYPE: Heading = Heading::text("FSTYPE", "");
    static OPTIONS: Heading = Heading::text("OPTIONS", "").wide();
    static ID: Heading = Heading::number("ID", "");

    fn widths(target: &[usize], room: usize) -> Vec<usize> {
        let widest = target.iter().copied().max().unwrap_or(0);
        let columns = [&TARGET, &FSTYPE, &OPTIONS, &ID];
        fitted(&[widest, 8, 60, 4], &columns, room, |index| match index {
            0 => target.to_vec(),
            _ => Vec::new(),
        })
    }

    #[test]
    fn a_column_that_shrinks_gives_first() {
        assert_eq!(widths(&[20, 30], 200), [30, 8, 60, 4]);
        assert_eq!(widths(&[20, 30], 80), [30, 8, 35, 4]);
    }

    #[test]
    fn one_long_value_costs_the_other_rows_nothing() {
        assert_eq!(widths(&[20, 30, 150], 80), [30, 8, 35, 4]);
        // The column gets all the room that the others leave.
        let columns = [&TARGET, &ID];
        assert_eq!(fitted(&[150, 4], &columns, 80, |_| vec![20, 150]), [75, 4]);
    }

    #[test]
    fn no_row_is_wider_than_a_narrow_terminal() {
        for room in [60, 40, 31] {
            let widths = widths(&[20, 30, 150], room);
            assert!(widths.iter().sum::<usize>() + 3 <= room, "{widths:?}");
            assert_eq!(widths[3], 4);
        }
    }
}
