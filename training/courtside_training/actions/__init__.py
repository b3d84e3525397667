"""Player actions from keypoints: what a tracked player does in 1.6 seconds, by the joints of a pose network."""
