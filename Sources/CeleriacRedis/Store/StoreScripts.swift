/// A script that the server runs in one piece: nobody sees it half done.
struct RedisScript: Hashable, Sendable {
    let name: String
    let source: String
}

extension RedisScript {
    /// Takes messages out of lists and notes who holds them.
    ///
    /// - Keys: unacked, its index, the holder's claims, all holders, the holder's lease; then of each queue the lists of its steps, most urgent first.
    /// - Arguments: how many at most, steps of a queue, what tags begin with, the holder, milliseconds of its lease; then for each queue what follows the
    ///   envelope in kombu's `[envelope, exchange, routing_key]`.
    /// - Returns: for each message the number of its queue, from 1, and its envelope; the message's tag ends with its position here, from 1.
    ///
    /// The envelope is not read, only put between brackets: Lua's JSON would damage large integers and empty lists. Of a step's lists each gives an equal
    /// share.
    static let claim = RedisScript(
        name: "claim",
        source: """
            local left, steps, prefix, holder, ttl = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], ARGV[4], ARGV[5]
            local reply = {}
            for step = 1, steps do
              local lists = {}
              for queue = 1, #ARGV - 5 do
                local key = KEYS[5 + (queue - 1) * steps + step]
                local size = redis.call('LLEN', key)
                if size > 0 then lists[#lists + 1] = {queue, key, size} end
              end
              while left > 0 and #lists > 0 do
                local share = math.max(1, math.floor(left / #lists))
                local rest = {}
                for _, list in ipairs(lists) do
                  local queue, key, size = list[1], list[2], list[3]
                  local count = math.min(share, size, left)
                  if count == 1 then
                    reply[#reply + 1] = queue
                    reply[#reply + 1] = redis.call('RPOP', key)
                  elseif count > 1 then
                    local found = redis.call('LRANGE', key, -count, -1)
                    redis.call('LTRIM', key, 0, -count - 1)
                    for position = #found, 1, -1 do
                      reply[#reply + 1] = queue
                      reply[#reply + 1] = found[position]
                    end
                  end
                  left = left - count
                  if size > count then rest[#rest + 1] = {queue, key, size - count} end
                end
                lists = rest
              end
              if left == 0 then break end
            end
            if #reply == 0 then return reply end
            local time = redis.call('TIME')
            local now = time[1] .. '.' .. string.format('%06d', time[2])
            local tags, entries, scores = {}, {}, {}
            for position = 1, #reply / 2 do
              local tag = prefix .. position
              tags[position] = tag
              entries[position * 2 - 1] = tag
              entries[position * 2] = '[' .. reply[position * 2] .. ARGV[5 + reply[position * 2 - 1]]
              scores[position * 2 - 1] = now
              scores[position * 2] = tag
            end
            redis.call('HSET', KEYS[1], unpack(entries))
            redis.call('ZADD', KEYS[2], unpack(scores))
            redis.call('SADD', KEYS[3], unpack(tags))
            redis.call('SADD', KEYS[4], holder)
            redis.call('SET', KEYS[5], '1', 'PX', ttl)
            return reply
            """)

    /// Forgets messages that are done with; the holder as well, once it holds nothing.
    ///
    /// - Keys: as `claim`, without lists.
    /// - Arguments: the holder, then tags.
    static let acknowledge = RedisScript(
        name: "acknowledge",
        source: """
            redis.call('ZREM', KEYS[2], unpack(ARGV, 2))
            redis.call('HDEL', KEYS[1], unpack(ARGV, 2))
            redis.call('SREM', KEYS[3], unpack(ARGV, 2))
            if redis.call('EXISTS', KEYS[3]) == 0 then
              redis.call('SREM', KEYS[4], ARGV[1])
              redis.call('DEL', KEYS[5])
            end
            return 0
            """)

    /// Puts messages into lists, those only that are still held.
    ///
    /// - Keys: as `claim`; then lists.
    /// - Arguments: the holder; `1` to do nothing while its lease lasts; then for each message its tag, `LPUSH` (end) or `RPUSH` (front), the number of its list
    ///   from 1, and the envelope. The list `0` only forgets the tag.
    /// - Returns: how many were put.
    static let giveBack = RedisScript(
        name: "giveBack",
        source: """
            if ARGV[2] == '1' and redis.call('EXISTS', KEYS[5]) == 1 then return 0 end
            local moved = 0
            for position = 3, #ARGV, 4 do
              local tag, list = ARGV[position], tonumber(ARGV[position + 2])
              if list > 0 and redis.call('HDEL', KEYS[1], tag) == 1 then
                redis.call(ARGV[position + 1], KEYS[5 + list], ARGV[position + 3])
                moved = moved + 1
              end
              redis.call('ZREM', KEYS[2], tag)
              redis.call('SREM', KEYS[3], tag)
            end
            if redis.call('EXISTS', KEYS[3]) == 0 then
              redis.call('SREM', KEYS[4], ARGV[1])
              redis.call('DEL', KEYS[5])
            end
            return moved
            """)

    /// Renews the lease of a holder, and the times of what it holds, so that kombu's visibility timeout does not end; looks for holders whose lease has ended.
    ///
    /// - Keys: as `claim`, without lists.
    /// - Arguments: the holder, milliseconds of its lease, what the keys of leases begin with.
    /// - Returns: holders without a lease.
    static let renew = RedisScript(
        name: "renew",
        source: """
            local time = redis.call('TIME')
            local now = time[1] .. '.' .. string.format('%06d', time[2])
            local tags = redis.call('SMEMBERS', KEYS[3])
            if #tags > 0 then
              redis.call('SADD', KEYS[4], ARGV[1])
              redis.call('SET', KEYS[5], '1', 'PX', ARGV[2])
              for _, tag in ipairs(tags) do redis.call('ZADD', KEYS[2], 'XX', now, tag) end
            end
            local lost = {}
            for _, holder in ipairs(redis.call('SMEMBERS', KEYS[4])) do
              if redis.call('EXISTS', ARGV[3] .. holder) == 0 then lost[#lost + 1] = holder end
            end
            return lost
            """)

    /// Lets go of a lock that is still ours.
    ///
    /// - Keys: the lock. Arguments: its token.
    static let unlock = RedisScript(
        name: "unlock",
        source: """
            if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
            return 0
            """)
}
