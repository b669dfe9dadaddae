//! The order of SRV records (RFC 2782): by priority, and among equals drawn by weight.

use rand_core::Rng;

use super::Srv;

pub(super) fn drawn(mut records: Vec<Srv>, rng: &mut impl Rng) -> Vec<Srv> {
    // Records of no weight come first in their group, so that they have a small chance of being drawn.
    records.sort_by_key(|record| (record.priority, record.weight));
    let mut ordered = Vec::with_capacity(records.len());
    while let Some(first) = records.first() {
        let group = records.iter().take_while(|record| record.priority == first.priority).count();
        let chosen = draw(&records[..group], rng);
        ordered.push(records.remove(chosen));
    }
    ordered
}

fn draw(group: &[Srv], rng: &mut impl Rng) -> usize {
    let total: u64 = group.iter().map(|record| u64::from(record.weight)).sum();
    let lot = rng.next_u64() % (total + 1);
    let mut sum = 0;
    let reached = group.iter().position(|record| {
        sum += u64::from(record.weight);
        sum >= lot
    });
    reached.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_core::SeedableRng as _;

    use super::*;

    #[test]
    fn shares_follow_weights_and_priorities_come_first() {
        let record = |priority, weight| Srv { priority, weight, port: weight, target: "a".into() };
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut first = [0; 3];
        for _ in 0..1_000 {
            let order = drawn(vec![record(2, 0), record(1, 75), record(1, 25), record(1, 0)], &mut rng);
            assert_eq!(order.iter().map(|record| record.priority).collect::<Vec<_>>(), [1, 1, 1, 2]);
            first[usize::from(order[0].weight) / 25 % 3] += 1;
        }
        let [heavy_or_none, light, _] = first;
        assert!((200..300).contains(&light), "a quarter: {light}");
        assert_eq!(heavy_or_none + light, 1_000);
    }
}
