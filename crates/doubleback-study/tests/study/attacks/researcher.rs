//! The researcher's side: closed to everybody without the token, and not to be found at the participants' address.
