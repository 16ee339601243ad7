use crate::{Error, Result};

/// What `ask` makes of the images at some places, one answer each. Where an image has values that are not finite, it is asked about fewer at a time, and
/// `failed` stands for that image alone: what becomes of the others must not depend on it.
pub(super) fn apart<T>(
    places: &[usize],
    ask: &impl Fn(&[usize]) -> Result<Vec<T>>,
    failed: &impl Fn() -> T,
) -> Result<Vec<T>> {
    if places.is_empty() {
        return Ok(Vec::new());
    }
    match ask(places) {
        Err(Error::NotFinite(_)) if places.len() == 1 => Ok(vec![failed()]),
        Err(Error::NotFinite(_)) => {
            let (first, second) = places.split_at(places.len() / 2);
            let mut found = apart(first, ask, failed)?;
            found.extend(apart(second, ask, failed)?);
            Ok(found)
        }
        found => found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::not_finite::{NotFinite, Quantity};

    #[test]
    fn one_image_fails_alone() {
        let ask = |places: &[usize]| match places.contains(&3) {
            true => Err(NotFinite::new(Quantity::Logits, 3).into()),
            false => Ok(places.iter().map(|&place| Some(place)).collect()),
        };
        let found = apart(&[1, 2, 3, 4, 5], &ask, &|| None).unwrap();
        assert_eq!(found, [Some(1), Some(2), None, Some(4), Some(5)]);
        assert_eq!(apart(&[], &ask, &|| None).unwrap(), []);
        let other = |_: &[usize]| Err::<Vec<()>, _>(Error::Interrupted);
        assert!(matches!(apart(&[1, 2], &other, &|| ()), Err(Error::Interrupted)));
    }
}
