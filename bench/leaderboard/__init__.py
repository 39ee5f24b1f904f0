"""The leaderboard: results of any number of folders and bundles, merged where that is right, on one page."""
