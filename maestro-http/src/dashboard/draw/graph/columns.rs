//! Columns: the order of what stands on one level, so that few edges cross, and how high it stands.

use super::{Graph, HEIGHT, levels::levels};

/// Between two nodes of a column.
const GAP: f64 = 22.0;
/// What a long edge takes in a column that it passes.
const PASSAGE: f64 = 10.0;
/// So many passages are laid out; in a graph of more, long edges go straight.
const MOST_PASSAGES: usize = 3_000;
const ROUNDS: usize = 6;

/// Something that takes room in a column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    pub(super) what: What,
    pub(super) level: usize,
    /// The upper edge.
    pub(super) y: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Node(usize),
    /// An edge that passes.
    Passage(usize),
}

impl Item {
    pub(super) fn height(&self) -> f64 {
        match self.what {
            What::Node(_) => HEIGHT,
            What::Passage(_) => PASSAGE,
        }
    }

    pub(super) fn middle(&self) -> f64 {
        self.y + self.height() / 2.0
    }
}

struct Columns {
    items: Vec<Item>,
    /// Neighbours to the left and to the right of each item.
    left: Vec<Vec<usize>>,
    right: Vec<Vec<usize>>,
    /// Items of each level, from top to bottom.
    order: Vec<Vec<usize>>,
}

/// Returns everything that stands in the columns of one frame, each with its height. The least is 0.
pub(super) fn columns(graph: &Graph, members: &[usize]) -> Vec<Item> {
    let mut columns = Columns::new(graph, members);
    for round in 0..ROUNDS {
        columns.sort(round % 2 == 0);
    }
    columns.stack();
    for round in 0..ROUNDS {
        columns.pull(round % 2 == 0);
    }
    let least = columns.items.iter().map(|item| item.y).fold(f64::MAX, f64::min);
    columns.items.iter_mut().for_each(|item| item.y -= least);
    columns.items
}

impl Columns {
    fn new(graph: &Graph, members: &[usize]) -> Self {
        let level = levels(graph, members);
        let node = |(at, node): (usize, &usize)| Item { what: What::Node(*node), level: level[at], y: 0.0 };
        let mut items: Vec<Item> = members.iter().enumerate().map(node).collect();
        let mut place = vec![usize::MAX; graph.nodes.len()];
        members.iter().enumerate().for_each(|(at, node)| place[*node] = at);
        let inner = graph.edges.iter().enumerate();
        let inner: Vec<_> = inner
            .map(|(number, edge)| (number, place[edge.from], place[edge.to]))
            .filter(|(_, from, to)| *from != usize::MAX && *to != usize::MAX && level[*from] < level[*to])
            .collect();
        let passages: usize = inner.iter().map(|(_, from, to)| level[*to] - level[*from] - 1).sum();
        let mut links = Vec::new();
        for (number, from, to) in inner {
            let mut before = from;
            let between = if passages <= MOST_PASSAGES { level[from] + 1..level[to] } else { 0..0 };
            for passed in between {
                items.push(Item { what: What::Passage(number), level: passed, y: 0.0 });
                links.push((before, items.len() - 1));
                before = items.len() - 1;
            }
            links.push((before, to));
        }
        let (mut left, mut right) = (vec![Vec::new(); items.len()], vec![Vec::new(); items.len()]);
        for (from, to) in links {
            right[from].push(to);
            left[to].push(from);
        }
        let levels = items.iter().map(|item| item.level + 1).max().unwrap_or(0);
        let mut order = vec![Vec::new(); levels];
        items.iter().enumerate().for_each(|(at, item)| order[item.level].push(at));
        Self { items, left, right, order }
    }

    /// Orders each level by where its neighbours stand; who has none stays.
    fn sort(&mut self, rightwards: bool) {
        let mut position = vec![0.0; self.items.len()];
        let levels: Vec<usize> = match rightwards {
            true => (0..self.order.len()).collect(),
            false => (0..self.order.len()).rev().collect(),
        };
        for order in &self.order {
            order.iter().enumerate().for_each(|(at, item)| position[*item] = at as f64);
        }
        for level in levels {
            let neighbours = if rightwards { &self.left } else { &self.right };
            let wish = |item: &usize| match neighbours[*item].as_slice() {
                [] => position[*item],
                some => some.iter().map(|other| position[*other]).sum::<f64>() / some.len() as f64,
            };
            let mut wished: Vec<_> = self.order[level].iter().map(|item| (wish(item), *item)).collect();
            wished.sort_by(|(one, _), (two, _)| one.total_cmp(two)); // stable: ties stay as they were
            self.order[level] = wished.into_iter().map(|(_, item)| item).collect();
            self.order[level].iter().enumerate().for_each(|(at, item)| position[*item] = at as f64);
        }
    }

    /// Puts each level together, around one middle line.
    fn stack(&mut self) {
        for order in &self.order {
            let whole: f64 = order.iter().map(|item| self.items[*item].height() + GAP).sum();
            let mut y = -whole / 2.0;
            for item in order {
                self.items[*item].y = y;
                y += self.items[*item].height() + GAP;
            }
        }
    }

    /// Moves what stands on each level towards its neighbours, as far as the order allows.
    fn pull(&mut self, rightwards: bool) {
        let levels: Vec<usize> = match rightwards {
            true => (0..self.order.len()).collect(),
            false => (0..self.order.len()).rev().collect(),
        };
        for level in levels {
            let neighbours = if rightwards { &self.left } else { &self.right };
            let wishes: Vec<f64> = self.order[level]
                .iter()
                .map(|item| {
                    let own = &self.items[*item];
                    match neighbours[*item].as_slice() {
                        [] => own.y,
                        some => {
                            let middle: f64 = some.iter().map(|other| self.items[*other].middle()).sum();
                            middle / some.len() as f64 - own.height() / 2.0
                        }
                    }
                })
                .collect();
            let mut free = f64::MIN;
            for (item, wish) in self.order[level].iter().zip(&wishes) {
                self.items[*item].y = wish.max(free);
                free = self.items[*item].y + self.items[*item].height() + GAP;
            }
            // What was pushed down is shared by all of the level.
            let pushed: f64 =
                self.order[level].iter().zip(&wishes).map(|(item, wish)| self.items[*item].y - wish).sum();
            let back = pushed / self.order[level].len().max(1) as f64;
            self.order[level].iter().for_each(|item| self.items[*item].y -= back);
        }
    }
}
