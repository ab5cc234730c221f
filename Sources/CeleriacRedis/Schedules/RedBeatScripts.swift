extension RedisScript {
    /// Adds or replaces an entry, unless another is there by now.
    ///
    /// - Keys: where it is (a new one: where it goes), where it goes, the schedule.
    /// - Arguments: the definition expected (empty: none), the meta expected (`=` in front; empty: any), the definition, the meta (empty: as it is), the score.
    /// - Returns: `{1, definition, meta}` as stored now; `{0, definition, meta}` of what is there instead of the expected; `{2, definition, meta}` of the
    ///   entry whose name is taken; `{-1}` when it is gone.
    static let saveSchedule = RedisScript(
        name: "save",
        source: """
            local old, new, schedule = KEYS[1], KEYS[2], KEYS[3]
            local function found(verdict, key)
              local fields = redis.call('HMGET', key, 'definition', 'meta')
              return {verdict, fields[1], fields[2]}
            end
            if ARGV[1] ~= '' then
              local fields = redis.call('HMGET', old, 'definition', 'meta')
              if not fields[1] then return {-1} end
              if fields[1] ~= ARGV[1] or (ARGV[2] ~= '' and '=' .. (fields[2] or '') ~= ARGV[2]) then return found(0, old) end
            end
            if ARGV[1] == '' or old ~= new then
              if redis.call('HEXISTS', new, 'definition') == 1 then return found(2, new) end
            end
            if old ~= new then
              redis.call('RENAME', old, new)
              redis.call('ZREM', schedule, old)
            end
            redis.call('HSET', new, 'definition', ARGV[3])
            if ARGV[4] ~= '' then redis.call('HSET', new, 'meta', ARGV[4]) end
            redis.call('ZADD', schedule, ARGV[5], new)
            return found(1, new)
            """)

    /// Removes an entry, unless another is there by now.
    ///
    /// - Keys: where it is, the schedule. Arguments: the definition expected. Returns: as `saveSchedule`; 1 tells what was removed.
    static let removeSchedule = RedisScript(
        name: "remove",
        source: """
            local fields = redis.call('HMGET', KEYS[1], 'definition', 'meta')
            if not fields[1] then return {-1} end
            if fields[1] ~= ARGV[1] then return {0, fields[1], fields[2]} end
            redis.call('ZREM', KEYS[2], KEYS[1])
            redis.call('DEL', KEYS[1])
            return {1, fields[1], fields[2]}
            """)

    /// Notes runs of entries that are still there.
    ///
    /// - Keys: the schedule, then the entries. Arguments: meta and score of each entry in turn.
    static let recordRuns = RedisScript(
        name: "record",
        source: """
            for position = 2, #KEYS do
              local key = KEYS[position]
              if redis.call('HEXISTS', key, 'definition') == 1 then
                redis.call('HSET', key, 'meta', ARGV[position * 2 - 3])
                redis.call('ZADD', KEYS[1], ARGV[position * 2 - 2], key)
              end
            end
            return 1
            """)

    /// Takes RedBeat's lock, or extends it as RedBeat does.
    ///
    /// - Keys: the lock. Arguments: the token, milliseconds. Returns: -2 for who leads, else the lock's time in milliseconds (-1: for ever).
    static let takeLead = RedisScript(
        name: "lead",
        source: """
            local holder = redis.call('GET', KEYS[1])
            if holder and holder ~= ARGV[1] then return redis.call('PTTL', KEYS[1]) end
            redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
            return -2
            """)

    /// Gives the lock up. Keys: the lock. Arguments: the token.
    static let resignLead = RedisScript(
        name: "resign",
        source: """
            if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
            return redis.call('DEL', KEYS[1])
            """)
}
