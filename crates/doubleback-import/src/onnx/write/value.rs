use doubleback::nn::layers::Size;

/// A value of the graph in the making.
#[derive(Clone, Debug)]
pub(super) struct Value {
    /// Its name.
    pub name: String,
    /// Height, width and channels, as the network has it.
    pub size: Size,
    /// Its axes in the graph.
    pub layout: Layout,
}

/// Which axes a value has in the graph, and in which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Layout {
    /// `[batch, channels, height, width]`.
    First,
    /// `[batch, height, width, channels]`.
    Last,
    /// `[batch, channels]`, of height and width 1.
    Vector,
    /// `[batch, values]`, the values of an image of this size by channel, row and column, where the network has them by row, column and channel.
    Flat(Size),
}

impl Value {
    /// The same node's value under another name, of the same size and layout.
    pub fn renamed(&self, name: String) -> Self {
        Self { name, ..*self }
    }

    /// Whether it is a vector in the order in which the network has it.
    pub fn is_vector(&self) -> bool {
        self.layout == Layout::Vector
    }

    /// Whether its height and width are 1.
    pub fn is_one_pixel(&self) -> bool {
        self.size[0] * self.size[1] == 1
    }
}
