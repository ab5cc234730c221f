import Dashboard
import Testing

@Suite struct KeymapTests {
    let base: Keymap

    init() throws {
        base = try Keymap(tables: [
            "everywhere": ["cursor.down": ["j", "down"], "quit": ["ctrl-c"], "take-away": ["x", "delete"], "info": []],
            "tasks": ["task.info": ["i"], "delete-all": ["D"]],
            "queues": ["queue.insert": ["i", "x"]],
        ])
    }

    @Test func theFirstScopeThatBindsAKeyWins() {
        #expect(base.command(for: .character("x"), scopes: ["tasks", "everywhere"]) == "take-away")
        #expect(base.command(for: .character("x"), scopes: ["queues", "everywhere"]) == "queue.insert")
        #expect(base.command(for: .character("i"), scopes: ["everywhere"]) == nil)
        #expect(base.command(for: .down, scopes: ["no such scope", "everywhere"]) == "cursor.down")
    }

    @Test func hintsShowTheKeysThatReachTheCommand() {
        #expect(base.keys(for: "take-away", scopes: ["tasks", "everywhere"]) == [.character("x"), .delete])
        #expect(base.keys(for: "take-away", scopes: ["queues", "everywhere"]) == [.delete], "x means something else there")
        #expect(base.keys(for: "everywhere.cursor.down") == [.character("j"), .down])
    }

    @Test func aPartialFileReplacesKeysAndTakesThemFromOthers() throws {
        let own = try Keymap(tables: ["everywhere": ["quit": ["j", "ctrl-q"], "take-away": []]], over: base)
        #expect(own.command(for: .character("j"), scopes: ["everywhere"]) == "quit")
        #expect(own.keys(for: "everywhere.cursor.down") == [.down])
        #expect(own.keys(for: "everywhere.quit") == [.character("j"), .control("q")])
        #expect(own.command(for: .control("c"), scopes: ["everywhere"]) == nil)
        #expect(own.keys(for: "everywhere.take-away") == [])
        #expect(own.keys(for: "tasks.task.info") == [.character("i")], "other scopes are left alone")
    }

    @Test(arguments: [
        (["everywhere.quit": ["q"], "everywhere.take-away": ["q"]], "the key \"q\" cannot mean both everywhere.quit and everywhere.take-away"),
        (["everywhere.quti": ["q"]], "there is no command \"everywhere.quti\", did you mean \"everywhere.quit\"?"),
        (["everywhere.xyzzy-plugh": ["q"]], "there is no command \"everywhere.xyzzy-plugh\""),
        (["everywhere.quit": ["ctl-c"]], "everywhere.quit: there is no key \"ctl-c\", did you mean \"ctrl-c\"?"),
        (["quit": ["q"]], "there is no command \"quit\""),
    ])
    func whatIsWrongIsNamed(names: [String: [String]], message: String) {
        let error = #expect(throws: KeymapError.self) { try Keymap(names, over: base) }
        #expect(error?.description == message)
    }

    @Test func theSameKeyTwiceForOneCommandIsOne() throws {
        #expect(try Keymap(["a.b": ["esc", "escape"]]).keys(for: "a.b") == [.escape])
    }
}

@Suite struct KeyNamesTests {
    @Test func namesAreReadBack() {
        let keys: [Key] = [
            .enter, .escape, .tab, .backTab, .backspace, .delete, .insert, .home, .end, .pageUp, .pageDown, .up, .down, .left, .right,
            .character("a"), .character("A"), .character(" "), .character("日"), .character("-"), .control("a"), .control(" "), .control("]"), .function(1),
            .function(24),
        ]
        for key in keys {
            let name = key.name
            #expect(name != nil && name.flatMap(Key.init(name:)) == key, "\(key)")
            #expect(!key.label.isEmpty)
        }
        #expect(Key.mouse(.click, row: 1, column: 1).name == nil)
    }

    @Test(arguments: ["Ctrl-D": Key.control("d"), "PGUP": .pageUp, "ctrl-i": .tab, "ctrl-m": .enter, "Shift-Tab": .backTab, "?": .character("?")])
    func writtenOtherwiseTheyAreTheSame(name: String, key: Key) { #expect(Key(name: name) == key) }

    @Test(arguments: ["", " ", "ctrl-", "ctrl-ab", "f0", "f25", "f01", "alt-x", "downn"]) func othersAreNone(name: String) { #expect(Key(name: name) == nil) }
}
