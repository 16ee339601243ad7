//! Keys as the protocol writes them.

/// Goes back, in some pages.
pub const BACKSPACE: &str = "\u{e003}";
/// To the next element that takes keys.
pub const TAB: &str = "\u{e004}";
/// Submits a form.
pub const ENTER: &str = "\u{e007}";
/// Held with another key.
pub const SHIFT: &str = "\u{e008}";
/// Closes what is open.
pub const ESCAPE: &str = "\u{e00c}";
/// Presses a button, chooses a radio button.
pub const SPACE: &str = " ";
/// To the left.
pub const ARROW_LEFT: &str = "\u{e012}";
/// Up.
pub const ARROW_UP: &str = "\u{e013}";
/// To the right.
pub const ARROW_RIGHT: &str = "\u{e014}";
/// Down.
pub const ARROW_DOWN: &str = "\u{e015}";
