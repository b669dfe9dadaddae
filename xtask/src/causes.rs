//! `docs/causes.md`: the causes of a leg's end, as a Passthru tells them, and the SIP answers that stand for them.

use exotel::RING_TIMEOUT;
use model::Cause;

const HEAD: &str = "\
# Causes

<!-- Written by `cargo xtask codegen`; the tables are in crates/model/src/cause.rs. -->

`Legs[i][Cause]` of a Passthru says by a number why a party's leg ended, and `Legs[i][CauseCode]` by a name. The numbers up to 127 are those
of ITU-T Q.850. What a party answers by SIP stands for a cause as RFC 3398 has it; the field `Reason: Q.850;cause=…` counts more than the status.

- Who was rung in vain, until `ring` was over or the caller had gone, is 1003. So is a 408.
- Who declines (603, or 21 in a `Reason`) is `USER_BUSY` as who is busy, and `DialCallStatus` is `busy`.
- After a conversation it is 16, whoever ended it.
- A cause without a name is told as 31.

`hangup` takes any of the names up to 127 as its `cause`.

| Cause | CauseCode | SIP answers |
|---|---|---|
";

pub(crate) fn page() -> String {
    let named = (1..=127).filter_map(|number| Some((Cause(number), Cause(number).name()?)));
    let rows = named.map(|(cause, name)| format!("| {} | `{name}` | {} |\n", cause.0, answers(cause)));
    let (number, name) = RING_TIMEOUT;
    rows.fold(HEAD.to_owned(), |page, row| page + &row) + &format!("| {number} | `{name}` | none in time |\n")
}

/// The final answers that stand for it.
fn answers(cause: Cause) -> String {
    if cause == Cause::NORMAL_UNSPECIFIED {
        return "any other".to_owned();
    }
    let statuses = (300..700).filter(|status| Cause::from_sip(*status) == cause);
    statuses.map(|status| status.to_string()).collect::<Vec<_>>().join(", ")
}
