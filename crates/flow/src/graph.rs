//! What a flow's wires say as a whole: nodes that no call comes to, and loops that no call leaves.

use std::collections::BTreeSet;

use crate::compile::Draft;
use crate::diagnostic::Diagnostic;
use crate::document::NodeText;

/// A warning for each node that cannot be reached from the start.
pub(crate) fn unreachable(nodes: &[NodeText], drafts: &[Draft], start: usize) -> Vec<Diagnostic> {
    let mut reached = BTreeSet::from([start]);
    let mut next = vec![start];
    while let Some(place) = next.pop() {
        for (_, to) in &drafts[place].exits {
            if reached.insert(*to) {
                next.push(*to);
            }
        }
    }
    let lost = nodes.iter().enumerate().filter(|(place, _)| !reached.contains(place));
    lost.map(|(_, node)| {
        Diagnostic::warning("no call comes here")
            .at(node.name.place)
            .path(format!("nodes.{}", node.name.text))
            .node(&node.name.text)
            .hint("wire it, or take it out".to_owned())
    })
    .collect()
}

/// An error for each loop of nodes none of which waits. Nodes that could not be parsed count as waiting.
pub(crate) fn loops(nodes: &[NodeText], drafts: &[Draft]) -> Vec<Diagnostic> {
    let waits = |place: &usize| drafts[*place].applet.as_ref().is_none_or(|applet| applet.waits());
    let mut rest: BTreeSet<usize> = (0..drafts.len()).filter(|place| !waits(place)).collect();
    let mut found = Vec::new();
    while let Some(circle) = circle(drafts, &mut rest) {
        let first = &nodes[circle[0]].name;
        let names = circle.iter().chain(&circle[..1]).map(|place| nodes[*place].name.text.as_str());
        let message = format!("a loop in which nothing waits: {}", names.collect::<Vec<_>>().join(" → "));
        let diagnostic = Diagnostic::error(message)
            .at(first.place)
            .path(format!("nodes.{}", first.text))
            .node(&first.text)
            .hint("a call would run round it until it is cut; put a prompt or a question into it".to_owned());
        found.push(diagnostic);
        rest.retain(|place| !circle.contains(place));
    }
    found
}

/// Finds a loop among the nodes of `rest`, and takes out of it what is on none.
fn circle(drafts: &[Draft], rest: &mut BTreeSet<usize>) -> Option<Vec<usize>> {
    let onward = |place: &usize, rest: &BTreeSet<usize>| {
        drafts[*place].exits.iter().map(|(_, to)| *to).find(|to| rest.contains(to))
    };
    // A node that leads to no other of the rest is on no loop; without it, others may be.
    loop {
        let ends: Vec<usize> = rest.iter().copied().filter(|place| onward(place, rest).is_none()).collect();
        if ends.is_empty() {
            break;
        }
        rest.retain(|place| !ends.contains(place));
    }
    // From any node that is left there is always a way on, so it comes round.
    let mut way = vec![*rest.first()?];
    loop {
        let next = onward(way.last()?, rest)?;
        if let Some(from) = way.iter().position(|place| *place == next) {
            return Some(way.split_off(from));
        }
        way.push(next);
    }
}
