//! The server: pages for participants, and others for the researcher.
