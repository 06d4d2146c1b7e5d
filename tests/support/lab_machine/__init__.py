"""The lab's own machine as published, deployed beside ours on the same local cloud, to compare with."""
