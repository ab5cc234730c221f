/// A script that the server runs in one piece: nobody sees it half done.
struct RedisScript: Sendable {
    /// One script's alone.
    let name: String
    let source: String
}

extension RedisScript {
    /// Takes messages out of lists and notes who holds them.
    ///
    /// - Keys: unacked, its index, all holders, the holder's lease; then of each queue the lists of its steps, most urgent first.
    /// - Arguments: how many at most, steps of a queue, what tags begin with, the holder, milliseconds of its lease (0: it has just been renewed); then for
    ///   each queue what follows the envelope in kombu's `[envelope, exchange, routing_key]`.
    /// - Returns: for each message the number of its queue, from 1, and its envelope; the message's tag ends with its position here, from 1.
    ///
    /// The envelope is not read, only put between brackets: Lua's JSON would damage large integers and empty lists. Of a step's lists each gives an equal
    /// share.
    ///
    /// Messages leave their lists last of all: a script that fails, over a key of another type or a right that is missing, is not undone by the server.
    static let claim = RedisScript(
        name: "claim",
        source: """
            local left, steps, prefix, holder, ttl = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], ARGV[4], ARGV[5]
            local reply, takings, seen = {}, {}, {}
            for step = 1, steps do
              local lists = {}
              for queue = 1, #ARGV - 5 do
                local key = KEYS[4 + (queue - 1) * steps + step]
                local size = seen[key] and 0 or redis.call('LLEN', key)
                seen[key] = true
                if size > 0 then lists[#lists + 1] = {queue = queue, key = key, size = size, taken = 0} end
              end
              while left > 0 and #lists > 0 do
                local share = math.max(1, math.floor(left / #lists))
                local rest = {}
                for _, list in ipairs(lists) do
                  local count = math.min(share, list.size - list.taken, left)
                  if count > 0 then
                    if list.taken == 0 then takings[#takings + 1] = list end
                    local found = redis.call('LRANGE', list.key, -list.taken - count, -list.taken - 1)
                    for position = #found, 1, -1 do
                      reply[#reply + 1] = list.queue
                      reply[#reply + 1] = found[position]
                    end
                    list.taken = list.taken + count
                    left = left - count
                  end
                  if list.size > list.taken then rest[#rest + 1] = list end
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
            if ttl ~= '0' then
              redis.call('SADD', KEYS[3], holder)
              redis.call('SET', KEYS[4], '1', 'PX', ttl)
            end
            redis.call('ZADD', KEYS[2], unpack(scores))
            local noted = redis.pcall('HSET', KEYS[1], unpack(entries))
            if type(noted) == 'table' and noted.err then
              redis.call('ZREM', KEYS[2], unpack(tags))
              return noted
            end
            for number, list in ipairs(takings) do
              local trimmed = redis.pcall('LTRIM', list.key, 0, -list.taken - 1)
              if trimmed.err then
                if number == 1 then
                  redis.call('HDEL', KEYS[1], unpack(tags))
                  redis.call('ZREM', KEYS[2], unpack(tags))
                end
                return trimmed
              end
            end
            return reply
            """)

    /// Puts messages into lists, those only that are still held.
    ///
    /// - Keys: as `claim`, with the lists that messages go to.
    /// - Arguments: `1` to do nothing while the holder's lease lasts; then for each message its tag, `LPUSH` (end) or `RPUSH` (front), the number of its list
    ///   from 1, and the envelope. The list `0` only forgets the tag.
    ///
    /// A message is put back before it is let go: a list of another type must not cost it.
    static let giveBack = RedisScript(
        name: "giveBack",
        source: """
            if ARGV[1] == '1' and redis.call('EXISTS', KEYS[4]) == 1 then return 0 end
            for position = 2, #ARGV, 4 do
              local tag, list = ARGV[position], tonumber(ARGV[position + 2])
              if list > 0 and redis.call('HEXISTS', KEYS[1], tag) == 1 then
                redis.call(ARGV[position + 1], KEYS[4 + list], ARGV[position + 3])
                redis.call('HDEL', KEYS[1], tag)
              end
              redis.call('ZREM', KEYS[2], tag)
            end
            return 0
            """)

    /// Renews the lease of a holder, and the times of what it holds, so that kombu's visibility timeout does not end; looks for holders whose lease has ended.
    ///
    /// - Keys: as `claim`, without lists.
    /// - Arguments: the holder, milliseconds of its lease, what the keys of leases begin with; then tags.
    /// - Returns: holders without a lease.
    static let renew = RedisScript(
        name: "renew",
        source: """
            if #ARGV > 3 then
              local time = redis.call('TIME')
              local now = time[1] .. '.' .. string.format('%06d', time[2])
              redis.call('SADD', KEYS[3], ARGV[1])
              redis.call('SET', KEYS[4], '1', 'PX', ARGV[2])
              for position = 4, #ARGV do redis.call('ZADD', KEYS[2], 'XX', now, ARGV[position]) end
            end
            local lost = {}
            for _, holder in ipairs(redis.call('SMEMBERS', KEYS[3])) do
              if redis.call('EXISTS', ARGV[3] .. holder) == 0 then lost[#lost + 1] = holder end
            end
            return lost
            """)

    /// Forgets a holder that has no lease.
    ///
    /// - Keys: as `claim`, without lists. Arguments: the holder.
    static let forget = RedisScript(
        name: "forget",
        source: """
            if redis.call('EXISTS', KEYS[4]) == 0 then redis.call('SREM', KEYS[3], ARGV[1]) end
            return 0
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
