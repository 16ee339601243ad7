use burn::tensor::{Bool, Tensor};

pub(super) type Values = Tensor<4>;

/// The function or one of its derivatives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Value,
    First,
    Second,
}

/// 1 where it is so, else 0, of the type of `like`.
pub(super) fn indicator(so: Tensor<4, Bool>, like: &Values) -> Values {
    so.float().cast(like.dtype())
}
