"""Top-down pose: seventeen keypoints of one player in a crop."""
