extension RedisScript {
    /// The part of a list that a walk comes to, without the messages that do not contain a text.
    ///
    /// - Keys: the list. Arguments: first and last index; the text.
    /// - Returns: how many were looked at, then those that contain it.
    static let search = RedisScript(
        name: "search",
        source: """
            local found = redis.call('LRANGE', KEYS[1], ARGV[1], ARGV[2])
            local reply = {#found}
            for position = 1, #found do
              if string.find(found[position], ARGV[3], 1, true) then reply[#reply + 1] = found[position] end
            end
            return reply
            """)

    /// Takes those messages out of a list that are served next, as long as each is one of those that are meant.
    ///
    /// - Keys: the list. Arguments: the messages that are meant.
    /// - Returns: the numbers of those taken out, from 1.
    static let removeFront = RedisScript(
        name: "removeFront",
        source: """
            local number = {}
            for position = 1, #ARGV do number[ARGV[position]] = position end
            local front = redis.call('LRANGE', KEYS[1], -#ARGV, -1)
            local taken = {}
            for position = #front, 1, -1 do
              if not number[front[position]] then break end
              taken[#taken + 1] = number[front[position]]
            end
            if #taken > 0 then redis.call('LTRIM', KEYS[1], 0, -#taken - 1) end
            return taken
            """)

    /// Takes messages out of a list, wherever they stand. The server walks through the list once for each.
    ///
    /// - Keys: the list. Arguments: the messages.
    /// - Returns: the numbers of those taken out, from 1.
    static let removeEach = RedisScript(
        name: "removeEach",
        source: """
            local taken = {}
            for position = 1, #ARGV do
              if redis.call('LREM', KEYS[1], -1, ARGV[position]) == 1 then taken[#taken + 1] = position end
            end
            return taken
            """)

    /// The same in one walk: the whole list passes from its end to its beginning, in order, without those that are meant. Nobody sees it half done, and
    /// nobody else is served meanwhile: some 2 s for a million messages.
    ///
    /// - Keys: the list. Arguments: the messages.
    /// - Returns: the numbers of those taken out, from 1.
    static let removeMany = RedisScript(
        name: "removeMany",
        source: """
            local number, taken = {}, {}
            for position = 1, #ARGV do number[ARGV[position]] = position end
            local left = redis.call('LLEN', KEYS[1])
            while left > 0 do
              local count = math.min(left, 500)
              local part = redis.call('LRANGE', KEYS[1], -count, -1)
              redis.call('LTRIM', KEYS[1], 0, -count - 1)
              local kept = {}
              for position = count, 1, -1 do
                local message = part[position]
                if number[message] then
                  taken[#taken + 1] = number[message]
                  number[message] = nil
                else
                  kept[#kept + 1] = message
                end
              end
              if #kept > 0 then redis.call('LPUSH', KEYS[1], unpack(kept)) end
              left = left - count
            end
            return taken
            """)

    /// Puts a message in the place of another one that is still there.
    ///
    /// - Keys: the list of the old one, and that of the new one. Arguments: the old one, the new one.
    /// - Returns: 1 when it did.
    static let replace = RedisScript(
        name: "replace",
        source: """
            if KEYS[1] == KEYS[2] then
              if redis.call('LINSERT', KEYS[1], 'BEFORE', ARGV[1], ARGV[2]) <= 0 then return 0 end
              redis.call('LREM', KEYS[1], 1, ARGV[1])
              return 1
            end
            if redis.call('LREM', KEYS[1], -1, ARGV[1]) == 0 then return 0 end
            redis.call('LPUSH', KEYS[2], ARGV[2])
            return 1
            """)
}
