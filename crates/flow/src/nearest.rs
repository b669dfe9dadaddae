//! How near a wrong name comes to a known one: what "did you mean" goes by, in flows and in settings.

/// Characters of a wrong name that are compared.
const LONGEST_NAME: usize = 64;

/// How many letters must be put in, taken out, replaced or swapped with their neighbour to make one word of the other.
pub fn edits(one: &str, other: &str) -> usize {
    let (a, b) = (one.chars().collect::<Vec<_>>(), other.chars().collect::<Vec<_>>());
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

/// "did you mean `x`?" if one of the names is near enough to be meant.
pub(crate) fn did_you_mean<'a>(written: &str, names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let written: String = written.chars().flat_map(char::to_lowercase).take(LONGEST_NAME).collect();
    let allowed = 1 + written.chars().count() / 4;
    names
        .into_iter()
        .map(|name| (edits(&written, &name.to_lowercase()), name))
        .filter(|(edits, name)| *edits <= allowed && *edits < name.chars().count())
        .min()
        .map(|(_, name)| format!("did you mean `{name}`?"))
}

#[cfg(test)]
mod tests {
    use super::{did_you_mean, edits};

    #[test]
    fn each_slip_of_the_hand_is_one_edit() {
        let rows = [("", "", 0), ("", "ring", 4), ("ring", "rng", 1), ("ring", "rinng", 1), ("ring", "rang", 1)];
        let swapped = [("ring", "rign", 1), ("ring", "gnir", 3), ("größe", "grosse", 3)];
        for (one, other, count) in rows.into_iter().chain(swapped) {
            assert_eq!((edits(one, other), edits(other, one)), (count, count), "{one} {other}");
        }
    }

    #[test]
    fn near_names_are_suggested_and_far_ones_are_not() {
        let names = ["greeting", "gather", "ivr", "passthru", "connect"];
        let rows = [
            ("greting", Some("greeting")),
            ("Gather", Some("gather")),
            ("gahter", Some("gather")),
            ("passthrough", Some("passthru")),
            ("irv", Some("ivr")),
            ("voicemail", None),
            ("x", None),
            ("", None),
        ];
        for (written, name) in rows {
            let hint = name.map(|name| format!("did you mean `{name}`?"));
            assert_eq!(did_you_mean(written, names), hint, "{written}");
        }
    }
}
