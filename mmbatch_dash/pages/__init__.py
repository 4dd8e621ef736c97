"""Pages: layouts and callbacks. Parse, one call to the services, figures; no SQL, no sums, no colours."""
