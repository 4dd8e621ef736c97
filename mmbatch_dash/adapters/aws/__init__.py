"""AWS's own APIs as a source: what its answers say as journal entries. Reads no store and keeps no state."""
