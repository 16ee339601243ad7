//! Which examples fool several models at once (Figure 10).

use super::results::Overlap;
use doubleback::Result;
use doubleback::attack::Attack;
use doubleback::evaluate::{Named, TestSet};

/// Counts the images that each subset of three models gets wrong, of examples crafted on one model.
///
/// # Errors
/// When images or eps do not fit a model.
pub fn overlap(
    attack: &Attack,
    eps: f64,
    crafted_on: Named<'_>,
    models: [Named<'_>; 3],
    test: &TestSet<'_>,
) -> Result<Overlap> {
    let mut regions = [0; 7];
    for (images, labels, range) in test.batches() {
        let place = |row: usize| range.start + row;
        let attacked = crafted_on.attack(attack, &images, &labels, &[eps], place)?;
        for adversarial in attacked.by_eps {
            let mut wrong = vec![0usize; labels.len()];
            for (bit, named) in models.iter().enumerate() {
                let predicted = named.predict(&adversarial.images, place)?;
                for (wrong, (predicted, label)) in wrong.iter_mut().zip(predicted.iter().zip(&labels)) {
                    *wrong |= usize::from(predicted != label) << bit;
                }
            }
            for wrong in wrong {
                if let Some(region) = region(wrong) {
                    regions[region] += 1;
                }
            }
        }
    }
    Ok(Overlap {
        attack: attack.name().into(),
        eps,
        crafted_on: crafted_on.name.into(),
        models: models.map(|named| named.name.to_owned()),
        regions,
        count: test.count(),
    })
}

/// Place in [`Overlap::regions`] of the models that are wrong: bit 0 is a, bit 1 is b, bit 2 is c.
fn region(wrong: usize) -> Option<usize> {
    [0b001, 0b010, 0b100, 0b011, 0b101, 0b110, 0b111]
        .into_iter()
        .position(|bits| bits == wrong)
}

#[cfg(test)]
mod tests {
    use burn::tensor::Tensor;
    use doubleback_test_device::test_device;

    use super::*;
    use doubleback::attack::AttackSpec;
    use doubleback::data::{Bounds, ImageShape, Split};
    use doubleback::evaluate::Chosen;
    use doubleback::nn::FromFunction;

    #[test]
    fn every_subset_has_its_region() {
        let shape = ImageShape {
            channels: 1,
            height: 1,
            width: 3,
        };
        // Model i says class 1 where value i is above a half.
        let says = |i: usize| {
            FromFunction::new(shape, Bounds::UNIT, 2, move |x: Tensor<4>| {
                let n = x.dims()[0];
                let value = x.reshape([n, 3]).slice([0..n, i..i + 1]);
                Tensor::cat(vec![value.zeros_like() + 0.5, value], 1)
            })
        };
        let models = [says(0), says(1), says(2)];
        let images: Vec<f32> = (0..8usize)
            .flat_map(|subset| (0..3).map(move |bit| (subset >> bit & 1) as f32))
            .collect();
        let split = Split::new(images, vec![0; 8], shape).unwrap();
        let device = test_device();
        let test = TestSet {
            split: &split,
            shape,
            chosen: Chosen::ALL,
            device: &device,
        };
        let named = |i: usize| Named {
            name: ["a", "b", "c"][i],
            model: &models[i],
        };
        let fgsm = AttackSpec::named("fgsm").unwrap().attack().unwrap();
        let found = overlap(&fgsm, 0.0, named(0), [named(0), named(1), named(2)], &test).unwrap();
        assert_eq!((found.regions, found.count), ([1; 7], 8));
    }
}
