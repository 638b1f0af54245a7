//! How the window is shared: what is left to other apps, and what the less urgent leave to the urgent.
//! Pure.

use std::time::Duration;

use super::Priority;

/// The units of a quota that are never used: a share, at least one of a quota of ten or more, none of a
/// smaller one unless the share says so, and never all.
pub(crate) fn reserve(quota: u32, share: f64) -> u32 {
    // In range: the share is from 0 to 1.
    let units = (f64::from(quota) * share).floor() as u32;
    let least = u32::from(quota >= 10 && share > 0.0);
    units.max(least).min(quota.saturating_sub(1))
}

/// The share of the quota that a priority leaves to the more urgent at the beginning of a window.
fn share(priority: Priority) -> f64 {
    match priority {
        Priority::Person => 0.0,
        Priority::Live => 0.1,
        Priority::Incremental => 0.2,
        Priority::Backfill => 0.3,
    }
}

/// The units a priority leaves to the more urgent with this much of the window to go. It melts as the
/// window goes by: nothing is wasted, and the later a person comes the less the rest of the window needs.
pub(crate) fn held(priority: Priority, quota: u32, remaining: Duration, window: Duration) -> u32 {
    if window.is_zero() {
        return 0;
    }
    let part = (remaining.as_secs_f64() / window.as_secs_f64()).min(1.0);
    (f64::from(quota) * share(priority) * part).floor() as u32
}

/// How much of the window remains when `held` has melted to at most `units`.
pub(crate) fn melted(priority: Priority, quota: u32, units: u32, window: Duration) -> Duration {
    let full = f64::from(quota) * share(priority);
    if full <= f64::from(units) {
        return window;
    }
    // Just below units + 1, so that the floor is `units`.
    let part = ((f64::from(units) + 1.0) / full).min(1.0) * 0.999;
    window.mul_f64(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reserve_is_a_share_but_never_all() {
        let table = [
            (0, 0.1, 0),
            (1, 0.1, 0),
            (3, 0.1, 0),
            (9, 0.1, 0),
            (10, 0.1, 1),
            (10, 0.05, 1),
            (10, 0.0, 0),
            (150, 0.1, 15),
            (450, 0.5, 225),
            (10, 1.0, 9),
            (1, 1.0, 0),
            (u32::MAX, 1.0, u32::MAX - 1),
        ];
        for (quota, share, units) in table {
            assert_eq!(reserve(quota, share), units, "{quota} {share}");
        }
    }

    #[test]
    fn what_is_held_melts_with_the_window() {
        let window = Duration::from_secs(30);
        let at = |priority, seconds| held(priority, 150, Duration::from_secs(seconds), window);
        assert_eq!(
            [at(Priority::Person, 30), at(Priority::Live, 30), at(Priority::Incremental, 30)],
            [0, 15, 30]
        );
        assert_eq!(
            [at(Priority::Backfill, 30), at(Priority::Backfill, 15), at(Priority::Backfill, 0)],
            [45, 22, 0]
        );
        assert_eq!(held(Priority::Backfill, 3, window, window), 0);
        assert_eq!(held(Priority::Backfill, 3, window, Duration::ZERO), 0);
        assert_eq!(held(Priority::Live, 10, window * 5, window), 1);
    }

    #[test]
    fn the_moment_of_melting_agrees_with_what_is_held() {
        let window = Duration::from_secs(30);
        for quota in [1, 3, 10, 11, 150, 3749, 20_000] {
            for priority in Priority::ALL {
                for units in 0..held(priority, quota, window, window) {
                    let remaining = melted(priority, quota, units, window);
                    assert!(
                        held(priority, quota, remaining, window) <= units,
                        "{quota} {priority:?} {units}"
                    );
                }
            }
        }
    }
}
