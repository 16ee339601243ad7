use burn::tensor::{Bool, Tensor};
pub(super) use doubleback_ops::Order;

pub(super) type Values = Tensor<4>;

/// 1 where it is so, else 0, of the type of `like`.
pub(super) fn indicator(so: Tensor<4, Bool>, like: &Values) -> Values {
    so.float().cast(like.dtype())
}
