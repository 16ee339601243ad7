//! Makes the images of a study from models.
