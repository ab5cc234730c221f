public import CeleriacCore

/// How the cluster was told to use Redis: Celery's `broker_transport_options` and a few settings that name things. All nodes of a cluster share them.
public struct RedisOptions: Hashable, Sendable {
    public enum FanoutPrefix: Hashable, Sendable {
        /// `/<database>.`, the default.
        case database
        case none
        /// `{db}` stands for the database.
        case text(String)
    }

    /// `global_keyprefix`, in front of all keys and channels.
    public var globalKeyPrefix = ""
    /// `priority_steps` and `sep`, which also parts the members of bindings.
    public var prioritySteps = PrioritySteps.standard
    /// `fanout_prefix`.
    public var fanoutPrefix: FanoutPrefix = .database
    /// `fanout_patterns`: whether a broadcast's channel carries its routing key.
    public var fanoutPatterns = true
    /// `control_exchange`.
    public var controlExchange = "celery"
    /// `event_exchange`.
    public var eventExchange = "celeryev"
    /// `unacked_key`.
    public var unackedKey = "unacked"
    /// `unacked_index_key`.
    public var unackedIndexKey = "unacked_index"
    /// `unacked_mutex_key`.
    public var unackedMutexKey = "unacked_mutex"
    /// `visibility_timeout`.
    public var visibilityTimeout: Duration = .seconds(3600)

    public init() {}
}
