import Dashboard
import Testing

@Suite struct ThemeTests {
    let base = ThemeFile(
        palette: ["ink": "default", "alarm": "red", "ground": "234"],
        roles: ["text": ["fg": "ink", "bg": "ground"], "bad": ["fg": "alarm", "emphasis": "bold"], "selection": ["emphasis": "reverse"]])

    @Test func rolesAreDrawnInTheColoursOfThePalette() throws {
        let theme = try Theme(base)
        #expect(theme[Style(.bad)] == Look(foreground: .index(1), background: .index(234), emphasis: .bold))
        #expect(
            theme[Style(.gauge, .underline)] == Look(foreground: .default, background: .index(234), emphasis: .underline), "a role that is not said is text")
    }

    @Test func reversedTwiceIsAsItWas() throws {
        let theme = try Theme(base)
        #expect(theme[Style(.selection)].emphasis == .reverse)
        #expect(theme[Style(.selection, [.reverse, .bold])].emphasis == .bold)
    }

    @Test func aPartialFileRecoloursWhatUsesItsPalette() throws {
        let own = try Theme(ThemeFile(palette: ["alarm": "bright-magenta"], roles: ["bad": ["bg": "#000000"], "good": ["fg": "alarm"]]), over: Theme(base))
        #expect(own[Style(.bad)] == Look(foreground: .index(13), background: .index(16), emphasis: .bold))
        #expect(own[Style(.good)].foreground == .index(13))
    }

    @Test(arguments: [
        (ThemeFile(palette: ["a": "gren"]), "palette.a: \"gren\" is no colour, did you mean \"green\"?"),
        (ThemeFile(roles: ["failur": ["fg": "red"]]), "there is no role \"failur\", did you mean \"failure\"?"),
        (ThemeFile(roles: ["failure": ["foreground": "red"]]), "failure: there is no field \"foreground\""),
        (ThemeFile(roles: ["failure": ["fg": "alram"]]), "failure: \"alram\" is no colour, did you mean \"alarm\"?"),
        (ThemeFile(roles: ["failure": ["emphasis": "bald"]]), "failure: there is no emphasis \"bald\", did you mean \"bold\"?"),
        (ThemeFile(palette: ["a": "#12345"]), "palette.a: \"#12345\" is no colour"),
        (ThemeFile(palette: ["a": "256"]), "palette.a: \"256\" is no colour"),
    ])
    func whatIsWrongIsNamed(file: ThemeFile, message: String) throws {
        let theme = try Theme(base)
        let error = #expect(throws: ThemeError.self) { try Theme(file, over: theme) }
        #expect(error?.description == message)
    }
}

@Suite struct ColorTests {
    /// Indices as xterm's own 256colres.h has them.
    @Test(
        arguments: [
            "#000000": 16, "#ffffff": 231, "#ff0000": 196, "#5f87af": 67, "#808080": 244, "#1c1c1c": 234, "#fe0102": 196, "7": 7, "white": 7, "bright-black": 8,
        ] as [String: UInt8])
    func becomesTheNearestIndex(text: String, index: UInt8) { #expect(Color(text) == .index(index)) }

    @Test(arguments: [(196, 8, 1), (46, 8, 2), (21, 16, 4), (226, 8, 3), (255, 8, 7), (232, 8, 0), (9, 8, 1), (9, 16, 9), (75, 8, 4)] as [(UInt8, Int, UInt8)])
    func fewerColoursStayTheirHue(index: UInt8, count: Int, reduced: UInt8) { #expect(Color.index(index).reduced(to: count) == .index(reduced)) }

    @Test func greyStaysVisibleOnEightColours() {
        #expect(Look(foreground: .index(8)).reduced(to: 8) == Look(emphasis: .faint))
        #expect(Look(foreground: .index(8)).reduced(to: 16) == Look(foreground: .index(8)))
        #expect(Look(foreground: .index(239), background: .index(234)).reduced(to: 8) == Look(foreground: .index(7), background: .index(0), emphasis: .faint))
    }

    @Test func withoutColoursTheEmphasisRemains() {
        #expect(Look(foreground: .index(1), background: .index(2), emphasis: .bold).reduced(to: 0) == Look(emphasis: .bold))
    }
}
