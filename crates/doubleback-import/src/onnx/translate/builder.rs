//! What translators write to: values by their names in the graph, layers and their tensors, notes for the user.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use doubleback::nn::layers::{Flatten, LayerKind, Permute, Size, TensorSpec, Unflatten};
use doubleback::nn::{IMAGES, LayerSpec};

use super::names::Names;
use super::permutation::Permutation;
use super::value::{Activation, Layout, Value, stored};
use crate::onnx::element::Element;
use crate::onnx::model::{Constant, Node};
use crate::onnx::refusal::Refusal;
use crate::original::{Layout as Order, Place};

/// Translates a node of one operator: takes its inputs from the builder, adds layers, and sets its outputs.
pub(crate) type Translate = fn(&Node, &mut Builder) -> Result<(), Refusal>;

/// Most values of an activation of one image, as layers have it.
const LARGEST: usize = 1 << 27;

/// Tensors of a layer: role and values.
type Roles = [(&'static str, Vec<f32>)];
/// Most values that the tensors of all layers may have together: so many, and [`PER_VALUE`] for each value of the file's constants. Layers may
/// share a weight in the file; each has its own here.
const TENSORS: usize = 1 << 22;
const PER_VALUE: usize = 64;

/// Layers and their tensors, in the making.
#[derive(Debug)]
pub(crate) struct Builder {
    /// By the names of the graph.
    values: HashMap<String, Value>,
    layers: Vec<Built>,
    /// Places in `layers` by name.
    places: HashMap<String, usize>,
    names: Names,
    /// What users are told, and how often.
    notes: Vec<(String, usize)>,
    /// Layers that put the values of another in an order: by that layer, the order and the size.
    orders: HashMap<(String, Permutation, Size), String>,
    image: Size,
    /// Element types by the names of the graph, where a constant does not tell its own.
    elements: HashMap<String, Element>,
    /// How many values of tensors there may still be.
    room: usize,
    /// Names that nodes of the graph take.
    taken: HashSet<String>,
    /// Constants of the file that are the tensors of layers as they are, by the names of these.
    origins: BTreeMap<String, Place>,
    /// The batch that the file's input is fixed at, if that is not 1: where this stands in a shape, 1 is meant.
    pub frozen_batch: Option<usize>,
}

#[derive(Debug)]
struct Built {
    spec: LayerSpec,
    size: Size,
    tensors: Vec<(&'static str, Vec<f32>)>,
}

/// A network in parts.
#[derive(Debug)]
pub(crate) struct Parts {
    /// All of them have influence on the last one.
    pub layers: Vec<LayerSpec>,
    /// By name: `layer.role`.
    pub tensors: HashMap<String, Vec<f32>>,
    /// What the last layer gives.
    pub size: Size,
}

impl Builder {
    /// For nodes of a graph and images of height, width and channels.
    pub fn new(nodes: &[Node], image: Size) -> Self {
        Self {
            values: HashMap::new(),
            layers: Vec::new(),
            places: HashMap::new(),
            names: Names::new(nodes),
            notes: Vec::new(),
            orders: HashMap::new(),
            image,
            elements: HashMap::new(),
            room: TENSORS,
            taken: nodes
                .iter()
                .flat_map(|node| node.inputs.iter().flatten().cloned())
                .collect(),
            origins: BTreeMap::new(),
            frozen_batch: None,
        }
    }

    /// Layers are called as the nodes of the graph, which were written from layers.
    pub fn keep_names(&mut self) {
        self.names.are_of_layers();
    }

    /// The value of input `i`.
    pub fn input(&self, node: &Node, i: usize) -> Result<Value, Refusal> {
        let missing = || Refusal(format!("it lacks its input {i}"));
        self.optional(node, i)?.ok_or_else(missing)
    }

    /// The value of input `i`, if it is given.
    pub fn optional(&self, node: &Node, i: usize) -> Result<Option<Value>, Refusal> {
        let Some(name) = node.inputs.get(i).and_then(Option::as_ref) else {
            return Ok(None);
        };
        let unknown = || Refusal(format!("no earlier node gives its input {i}, `{name}`"));
        self.values.get(name).cloned().map(Some).ok_or_else(unknown)
    }

    /// The value of input `i`, which must be the same for all images.
    pub fn constant(&self, node: &Node, i: usize) -> Result<Constant, Refusal> {
        match self.input(node, i)? {
            Value::Constant(constant) => Ok(constant),
            Value::Activation(_) => Err(Refusal(format!(
                "its input {i} must be constant, but it depends on the image"
            ))),
        }
    }

    /// The value of input `i` if it is given, which must be the same for all images.
    pub fn optional_constant(&self, node: &Node, i: usize) -> Result<Option<Constant>, Refusal> {
        match self.optional(node, i)? {
            Some(_) => self.constant(node, i).map(Some),
            None => Ok(None),
        }
    }

    /// The value of input `i`, which must depend on the image.
    pub fn activation(&self, node: &Node, i: usize) -> Result<Activation, Refusal> {
        match self.input(node, i)? {
            Value::Activation(activation) => Ok(activation),
            Value::Constant(_) => Err(Refusal(format!(
                "its input {i} is constant, where only an activation can be used"
            ))),
        }
    }

    /// A value by its name in the graph, if it was set.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    /// Makes room for the tensors of a file whose constants have so many values, and for as many as were `allowed` besides.
    pub fn make_room(&mut self, values: usize, allowed: usize) {
        let room = values.saturating_mul(PER_VALUE).saturating_add(TENSORS);
        self.room = room.saturating_add(allowed);
    }

    /// Whether a node of the graph takes a value of this name.
    pub fn is_taken(&self, name: &str) -> bool {
        self.taken.contains(name)
    }

    /// Number of layers so far.
    pub fn len(&self) -> usize {
        self.layers.len()
    }

    /// Gives a name of the graph its value.
    pub fn define(&mut self, name: &str, value: impl Into<Value>) {
        self.values.insert(name.to_owned(), value.into());
    }

    /// Says the element type of a name of the graph.
    pub fn say_element(&mut self, name: &str, element: Element) {
        self.elements.insert(name.to_owned(), element);
    }

    /// The element type of a name of the graph, if it is known to be more than floats, 64-bit integers or truth values.
    pub fn element(&self, name: &str) -> Option<Element> {
        self.elements.get(name).copied()
    }

    /// The layer whose values these are, behind all layers that only reorder them, and its tensors; none if they are those of the images.
    pub fn source(&self, a: &Activation) -> Option<(&LayerKind, &Roles)> {
        let (layer, _) = self.origin(&a.layer, row_order(a).simplest());
        let built = &self.layers[*self.places.get(&layer)?];
        Some((&built.spec.kind, &built.tensors))
    }

    /// Gives output `k` of a node its value.
    pub fn set(&mut self, node: &Node, k: usize, value: impl Into<Value>) -> Result<(), Refusal> {
        let value = value.into();
        if let Value::Activation(activation) = &value {
            self.check(activation)?;
        }
        if let Some(name) = node.outputs.get(k).and_then(Option::as_ref) {
            self.values.insert(name.clone(), value);
        }
        Ok(())
    }

    /// Tells the user; what is told several times is told once, with a count.
    pub fn note(&mut self, text: impl Into<String>) {
        let text = text.into();
        match self.notes.iter_mut().find(|(said, _)| *said == text) {
            Some((_, count)) => *count += 1,
            None => self.notes.push((text, 1)),
        }
    }

    /// What users are to be told.
    pub fn notes(&self) -> Vec<String> {
        let told = |(text, count): &(String, usize)| match count {
            1 => text.clone(),
            count => format!("{text} ({count} times)"),
        };
        self.notes.iter().map(told).collect()
    }

    /// Says that input `i` of a node is the tensor of this role of a layer, in this order. Where it was computed, that is no name of the file.
    pub fn say_origin(&mut self, layer: &str, role: &str, node: &Node, i: usize, layout: Order) {
        let Some(name) = node.input(i) else { return };
        let Some(Value::Constant(constant)) = self.values.get(name) else {
            return;
        };
        let place = Place {
            name: name.to_owned(),
            shape: constant.shape().to_vec(),
            layout,
        };
        self.origins.insert(format!("{layer}.{role}"), place);
    }

    /// What was said of origins, of constants whose names are `known` in the file.
    pub fn origins(&self, known: &BTreeSet<String>) -> BTreeMap<String, Place> {
        let found = self.origins.iter().filter(|(_, place)| known.contains(&place.name));
        found.map(|(tensor, place)| (tensor.clone(), place.clone())).collect()
    }

    /// Adds a layer without tensors; its name is that of the node. `shape` and `layout` say what the graph sees of its output.
    pub fn layer(
        &mut self,
        node: &Node,
        kind: impl Into<LayerKind>,
        inputs: &[&Activation],
        shape: Vec<usize>,
        layout: Layout,
    ) -> Result<Activation, Refusal> {
        self.layer_with(node, kind, inputs, shape, layout, Vec::new())
    }

    /// Adds a layer with its tensors: role and values in the order of the layer's own sizes, trained ones and others.
    pub fn layer_with(
        &mut self,
        node: &Node,
        kind: impl Into<LayerKind>,
        inputs: &[&Activation],
        shape: Vec<usize>,
        layout: Layout,
        tensors: Vec<(&'static str, Vec<f32>)>,
    ) -> Result<Activation, Refusal> {
        let inputs = inputs.iter().map(|input| input.layer.clone()).collect();
        let wish = self.names.of(node);
        let layer = self.add(&wish, kind.into(), inputs, tensors)?;
        let activation = Activation { layer, shape, layout };
        self.check(&activation)?;
        Ok(activation)
    }

    /// The activation as one that is stored in the order of its shape.
    pub fn row_major(&mut self, a: Activation) -> Result<Activation, Refusal> {
        let shape = a.shape.clone();
        self.reshaped(a, shape)
    }

    /// The activation, of shape `[1, C, H, W]`, as one whose channels are stored last.
    pub fn channels_last(&mut self, a: Activation) -> Result<Activation, Refusal> {
        if a.layout == Layout::ChannelsLast {
            return Ok(a);
        }
        let &[images, channels, height, width] = a.shape.as_slice() else {
            let shape = &a.shape;
            return Err(
                format!("it needs images `[n, channels, height, width]`, not values of shape {shape:?}").into(),
            );
        };
        if images != 1 {
            let shape = &a.shape;
            return Err(format!(
                "its input of shape {shape:?} has {images} parts of one image where the batch should be; only one can be there"
            )
            .into());
        }
        let permutation = Permutation {
            from: vec![channels, height, width],
            order: vec![1, 2, 0],
        };
        let layer = self.ordered(&a.layer, permutation, [height, width, channels])?;
        Ok(Activation {
            layer,
            shape: a.shape,
            layout: Layout::ChannelsLast,
        })
    }

    /// The same values in row-major order under another shape.
    pub fn reshaped(&mut self, a: Activation, shape: Vec<usize>) -> Result<Activation, Refusal> {
        let count = |shape: &[usize]| shape.iter().try_fold(1usize, |count, &size| count.checked_mul(size));
        if count(&shape) != count(&a.shape) {
            return Err(format!("values of shape {:?} cannot have the shape {shape:?}", a.shape).into());
        }
        let size = stored(&shape, Layout::RowMajor);
        let layer = match a.layout {
            Layout::RowMajor if a.stored() == size => a.layer,
            _ => self.ordered(&a.layer, row_order(&a), size)?,
        };
        Ok(Activation {
            layer,
            shape,
            layout: Layout::RowMajor,
        })
    }

    /// The axes of the shape in another order, of whatever layout is cheapest.
    pub fn transposed(&mut self, a: Activation, order: &[usize]) -> Result<Activation, Refusal> {
        let mut sorted = order.to_vec();
        sorted.sort_unstable();
        if sorted != (0..a.rank()).collect::<Vec<_>>() {
            return Err(format!("{order:?} is no order of the {} axes of its input", a.rank()).into());
        }
        let shape: Vec<usize> = order.iter().map(|&axis| a.shape[axis]).collect();
        let transpose = Permutation {
            from: a.shape.clone(),
            order: order.to_vec(),
        };
        // From the values as they are stored, in the order of the new shape.
        let rows = row_order(&a).then(&transpose);
        if let (&[1, channels, height, width], Some(rows)) = (shape.as_slice(), &rows) {
            let last = Permutation {
                from: vec![channels, height, width],
                order: vec![1, 2, 0],
            };
            let size = [height, width, channels];
            if rows.then(&last).is_some_and(|order| order.is_identity()) && a.stored() == size {
                return Ok(Activation {
                    layer: a.layer,
                    shape,
                    layout: Layout::ChannelsLast,
                });
            }
        }
        let size = stored(&shape, Layout::RowMajor);
        let layer = match rows {
            Some(rows) => self.ordered(&a.layer, rows, size)?,
            None => {
                let a = self.row_major(a)?;
                self.ordered(&a.layer, transpose, size)?
            }
        };
        Ok(Activation {
            layer,
            shape,
            layout: Layout::RowMajor,
        })
    }

    /// The vector before it was put in order: an activation of the same values, flat, as the layer before all reshapes and transposes gives them,
    /// and for each value of `a` its place there; none if it is in that order. A matrix is cheaper to reorder than activations are.
    pub fn before_order(&mut self, a: &Activation) -> Result<Option<(Activation, Vec<usize>)>, Refusal> {
        let (base, permutation) = self.origin(&a.layer, row_order(a).simplest());
        if permutation.is_identity() {
            return Ok(None);
        }
        let count = a.count();
        let layer = self.ordered(&base, Permutation::identity(count), [1, 1, count])?;
        let flat = Activation {
            layer,
            shape: vec![1, count],
            layout: Layout::RowMajor,
        };
        Ok(Some((flat, permutation.sources())))
    }

    /// Adds a layer that is not a node's own, such as one that prepares the images, and gives its name.
    pub fn add(
        &mut self,
        wish: &str,
        kind: LayerKind,
        inputs: Vec<String>,
        tensors: Vec<(&'static str, Vec<f32>)>,
    ) -> Result<String, Refusal> {
        let layer = kind.layer();
        let sizes = inputs.iter().map(|input| self.size(input));
        let sizes = sizes.collect::<Result<Vec<_>, _>>()?;
        let size = layer.output(&sizes)?;
        let count = size.iter().try_fold(1usize, |count, &size| count.checked_mul(size));
        if count.is_none_or(|count| count > LARGEST) {
            return Err(format!("it gives {size:?} values for one image, more than {LARGEST}").into());
        }
        if size.contains(&0) {
            return Err("it gives no values".into());
        }
        let values = tensors.iter().map(|(_, values)| values.len()).sum();
        let room = self.room.checked_sub(values);
        self.room = room.ok_or("with it the layers have far more weights than the file")?;
        let specs = [layer.parameters(&sizes), layer.buffers(&sizes)].concat();
        check_tensors(&specs, &tensors, |role| layer.least(role))?;
        let name = self.names.unique(wish);
        self.places.insert(name.clone(), self.layers.len());
        let spec = LayerSpec {
            name: name.clone(),
            inputs,
            kind,
        };
        self.layers.push(Built { spec, size, tensors });
        Ok(name)
    }

    /// Height, width and channels of what a layer gives.
    pub fn size(&self, layer: &str) -> Result<Size, Refusal> {
        if layer == IMAGES {
            return Ok(self.image);
        }
        let unknown = || Refusal(format!("layer `{layer}` is not there: a mistake of this program"));
        let place = self.places.get(layer).ok_or_else(unknown)?;
        Ok(self.layers[*place].size)
    }

    /// The layers that have influence on this activation, with their tensors.
    pub fn finish(mut self, output: &Activation) -> Result<Parts, Refusal> {
        let size = self.size(&output.layer)?;
        let mut needed = HashSet::from([output.layer.clone()]);
        for built in self.layers.iter().rev() {
            if needed.contains(&built.spec.name) {
                needed.extend(built.spec.inputs.iter().cloned());
            }
        }
        self.layers.retain(|built| needed.contains(&built.spec.name));
        let mut tensors = HashMap::new();
        let mut layers: Vec<LayerSpec> = Vec::with_capacity(self.layers.len());
        for Built {
            mut spec, tensors: own, ..
        } in self.layers
        {
            let before = layers.last().map_or(IMAGES, |before| before.name.as_str());
            // A chain needs no names of inputs.
            if spec.inputs == [before] {
                spec.inputs.clear();
            }
            let name = |role: &str| format!("{}.{role}", spec.name);
            tensors.extend(own.into_iter().map(|(role, values)| (name(role), values)));
            layers.push(spec);
        }
        Ok(Parts { layers, tensors, size })
    }

    /// A layer that gives the values of another in an order, as an image of this size: that layer itself if it does, one that there is already,
    /// or a new one. Orders put on orders become one.
    fn ordered(&mut self, layer: &str, permutation: Permutation, size: Size) -> Result<String, Refusal> {
        let (base, permutation) = self.origin(layer, permutation.simplest());
        let given = self.size(&base)?;
        if permutation.is_identity() && given == size {
            return Ok(base);
        }
        let key = (base, permutation, size);
        if let Some(layer) = self.orders.get(&key) {
            return Ok(layer.clone());
        }
        let (base, permutation, _) = &key;
        let (kind, what): (LayerKind, _) = match permutation.is_identity() {
            true if size == [1, 1, given.iter().product()] => (Flatten {}.into(), "flat"),
            true => (Unflatten { size }.into(), "reshaped"),
            false => {
                let Permutation { from, order } = permutation.clone();
                (Permute { from, order, to: size }.into(), "permuted")
            }
        };
        let stem = if base == IMAGES { "images" } else { base };
        let layer = self.add(&format!("{stem}.{what}"), kind, vec![base.clone()], Vec::new())?;
        self.orders.insert(key, layer.clone());
        Ok(layer)
    }

    /// The layer whose values, in some order, are those of another in the given order, and which order: behind all layers that only reorder.
    fn origin(&self, layer: &str, permutation: Permutation) -> (String, Permutation) {
        let (mut layer, mut permutation) = (layer.to_owned(), permutation);
        while let Some(built) = self.places.get(&layer).map(|&place| &self.layers[place]) {
            let before = match &built.spec.kind {
                LayerKind::Flatten(_) | LayerKind::Unflatten(_) => permutation.clone(),
                LayerKind::Permute(Permute { from, order, .. }) => {
                    let [from, order] = [from, order].map(Clone::clone);
                    let Some(both) = Permutation { from, order }.then(&permutation) else {
                        break;
                    };
                    both
                }
                _ => break,
            };
            let Some(input) = built.spec.inputs.first() else { break };
            (layer, permutation) = (input.clone(), before);
        }
        (layer, permutation)
    }

    /// Refuses an activation that is not what its layer gives.
    fn check(&self, activation: &Activation) -> Result<(), Refusal> {
        let (given, seen) = (self.size(&activation.layer)?, activation.stored());
        if given == seen {
            return Ok(());
        }
        let Activation { layer, shape, .. } = activation;
        Err(format!(
            "layer `{layer}` gives {given:?} values where shape {shape:?} needs {seen:?}: the shapes of the file contradict each other, \
             or a mistake of this program"
        )
        .into())
    }
}

/// The order of what is stored that gives the order of the shape.
fn row_order(a: &Activation) -> Permutation {
    match a.layout {
        Layout::ChannelsLast => Permutation {
            from: a.stored().to_vec(),
            order: vec![2, 0, 1],
        },
        Layout::RowMajor => Permutation::identity(a.count()),
    }
}

/// Refuses tensors that are not those which the layer has, or that hold values which it cannot compute with.
fn check_tensors(
    specs: &[TensorSpec],
    tensors: &[(&'static str, Vec<f32>)],
    least: impl Fn(&str) -> Option<f32>,
) -> Result<(), Refusal> {
    for spec in specs {
        let found = tensors.iter().find(|(role, _)| *role == spec.name);
        let (role, values) = found.ok_or_else(|| Refusal(format!("its {} is missing", spec.name)))?;
        let count = spec.dims.iter().try_fold(1usize, |count, &dim| count.checked_mul(dim));
        if count != Some(values.len()) {
            let (values, dims) = (values.len(), &spec.dims);
            return Err(format!("its {role} has {values} values, sizes {dims:?} need another number").into());
        }
        if let Some(bad) = values.iter().find(|value| !value.is_finite()) {
            return Err(format!("its {role} has a value that is not finite, {bad}").into());
        }
        let least = least(role).unwrap_or(f32::MIN);
        if let Some(bad) = values.iter().find(|value| **value < least) {
            return Err(
                format!("its {role} has the value {bad}, less than {least}, which cannot be divided by").into(),
            );
        }
    }
    match tensors
        .iter()
        .find(|(role, _)| specs.iter().all(|spec| spec.name != *role))
    {
        Some((role, _)) => Err(format!("its layer has no {role}: a mistake of this program").into()),
        None => Ok(()),
    }
}
