struct Decisions;

impl Decisions {
    fn branches(&self, a: i32, b: bool) -> Option<i32> {
        if a > 0 && b || a < 0 {
            return Some(1);
        } else if a == 7 {
            return None;
        }
        for i in 0..a {
            while i > 3 {
                break;
            }
        }
        let Some(n) = other(a) else { return None };
        Some(other(n)?)
    }

    fn chosen(&self, a: i32) -> i32 {
        match a {
            0 => 1,
            1 | 2 => 2,
            n if n > 5 && n < 9 => 3,
            _ => 4,
        }
    }
}

fn other<T>(a: T) -> Option<T>
where
    T: Copy,
{
    let twice = |n: i32| if n > 1 { n } else { 0 };
    twice(1);
    fn inner(n: i32) -> i32 {
        if n > 1 { n } else { 0 }
    }
    inner(2);
    Some(a)
}

fn plain() {
    loop {
        break;
    }
}
