"""Player actions (SpaceJam): what one tracked player does in a clip of 16 crops."""
