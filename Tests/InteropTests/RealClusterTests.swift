import TestSupport
import Testing

/// What needs a cluster, one test after the other: they share its workers.
@Suite(.serialized, .enabled(if: RealCluster.isThere, Comment(rawValue: RealCluster.missing)))
enum RealClusterTests {}
