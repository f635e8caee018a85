"""Side by side with other extractors; nothing here is part of the library or the service."""
