"""Player actions from pixels (SpaceJam, R(2+1)D): what one tracked player does in a clip of 16 crops."""
