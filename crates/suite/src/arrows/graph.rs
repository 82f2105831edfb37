//! Finds circles among arrows.

use std::collections::{HashMap, VecDeque};

use super::sources::Arrow;

/// Returns circles, each the shortest that its first file lies on, and no file in two of them.
pub fn circles(arrows: &[Arrow]) -> Vec<Vec<&Arrow>> {
    let mut next: HashMap<&str, Vec<&Arrow>> = HashMap::new();
    for arrow in arrows {
        next.entry(&arrow.from).or_default().push(arrow);
    }
    let mut all: Vec<_> = next.keys().filter_map(|file| shortest(file, &next)).collect();
    all.sort_by_key(|circle| (circle.len(), &circle[0].from));
    let mut circles: Vec<Vec<&Arrow>> = Vec::new();
    for circle in all {
        let known = |arrow: &&Arrow| circles.iter().flatten().any(|other| other.from == arrow.from);
        if !circle.iter().any(known) {
            circles.push(circle);
        }
    }
    circles
}

/// Returns the shortest way from a file back to itself.
fn shortest<'a>(file: &str, next: &HashMap<&str, Vec<&'a Arrow>>) -> Option<Vec<&'a Arrow>> {
    let mut came_by: HashMap<&str, &Arrow> = HashMap::new();
    let mut ahead = VecDeque::from([file]);
    while let Some(here) = ahead.pop_front() {
        for arrow in next.get(here).into_iter().flatten() {
            if came_by.contains_key(arrow.to.as_str()) {
                continue;
            }
            came_by.insert(&arrow.to, arrow);
            if arrow.to == file {
                let mut way = vec![*arrow];
                while way[0].from != file {
                    way.insert(0, came_by[way[0].from.as_str()]);
                }
                return Some(way);
            }
            ahead.push_back(&arrow.to);
        }
    }
    None
}
