"""What requests and answers are made of. `shared` is used by several tags."""
