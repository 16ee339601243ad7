/// What became of a form that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is on the disk.
    New,
    /// The same form with the same content was there already: nothing was written.
    Again,
    /// The same form was there with other content: nothing was written.
    Conflict,
    /// It cannot be answered now: the part is over or has not begun, an earlier image has no answer, there is no image at this position, or the participant
    /// is no more. Nothing was written.
    Closed,
}
