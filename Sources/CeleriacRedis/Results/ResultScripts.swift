extension RedisScript {
    /// Stores records and tells those who wait, but never over a SUCCESS.
    ///
    /// - Keys: of the records. Arguments: seconds until they expire, 0 for never; then each record.
    ///
    /// Celery writes the status first: the beginning of what is stored tells it, and the record need not be decoded.
    static let storeResults = RedisScript(
        name: "store",
        source: """
            for position, key in ipairs(KEYS) do
              local head = redis.call('GETRANGE', key, 0, 63)
              if not string.find(head, '^%s*{%s*"status"%s*:%s*"SUCCESS"') then
                local record = ARGV[position + 1]
                if ARGV[1] == '0' then redis.call('SET', key, record) else redis.call('SETEX', key, ARGV[1], record) end
                redis.call('PUBLISH', key, record)
              end
            end
            return 0
            """)

    /// Counts a finished member of a chord, once, and gives the sending of the body to whoever counts the last one.
    ///
    /// - Keys: parts, extra size, size, counted, claim, group record.
    /// - Arguments: the member's name, its part, its score, seconds until the chord's keys expire (0: never), the token, seconds of the claim.
    /// - Returns: `{0}` when others are missing, `{-1}` when the body is sent or about to be, else `{1, parts with their scores, group record}`.
    ///
    /// The same steps as Celery's own, so that both may count one chord. Where `result_chord_ordered` is off the parts are a list.
    static let countChord = RedisScript(
        name: "countChord",
        source: """
            local parts, extra, size, counted, claim, group = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
            if redis.call('GET', claim) == 'done' then return {-1} end
            local isList = redis.call('TYPE', parts).ok == 'list'
            if redis.call('SADD', counted, ARGV[1]) == 1 then
              if isList then redis.call('RPUSH', parts, ARGV[2]) else redis.call('ZADD', parts, ARGV[3], ARGV[2]) end
            end
            if ARGV[4] ~= '0' then
              for _, key in ipairs({parts, extra, size, counted, group}) do redis.call('EXPIRE', key, ARGV[4]) end
            end
            local wanted = redis.call('GET', size)
            if not wanted then return {0} end
            local count = isList and redis.call('LLEN', parts) or redis.call('ZCARD', parts)
            if count ~= tonumber(wanted) + tonumber(redis.call('GET', extra) or 0) then return {0} end
            if not redis.call('SET', claim, ARGV[5], 'NX', 'EX', ARGV[6]) then return {-1} end
            if not isList then return {1, redis.call('ZRANGE', parts, 0, -1, 'WITHSCORES'), redis.call('GET', group)} end
            local found = {}
            for position, part in ipairs(redis.call('LRANGE', parts, 0, -1)) do
              found[position * 2 - 1] = part
              found[position * 2] = 'inf'
            end
            return {1, found, redis.call('GET', group)}
            """)

    /// Forgets a chord whose body was sent, by the one who was to send it, and remembers that it was.
    ///
    /// - Keys: as `countChord`. Arguments: the token, seconds for which it is remembered.
    static let closeChord = RedisScript(
        name: "closeChord",
        source: """
            if redis.call('GET', KEYS[5]) ~= ARGV[1] then return 0 end
            redis.call('DEL', KEYS[1], KEYS[2], KEYS[3], KEYS[4])
            redis.call('SET', KEYS[5], 'done', 'EX', ARGV[2])
            return 1
            """)
}
