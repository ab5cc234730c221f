import Dashboard
import Foundation
import Testing

/// The themes that come with the program.
@Suite struct ThemeFilesTests {
    @Test(arguments: ["default", "dark", "mono"]) func everyRoleIsSaid(name: String) throws {
        let file = try read(name)
        _ = try Theme(file)
        #expect(Set(file.roles.keys) == Set(Role.allCases.map(\.rawValue)))
        let used = Set(file.roles.values.flatMap { [$0["fg"], $0["bg"]].compactMap(\.self) })
        #expect(file.palette.keys.filter { !used.contains($0) }.sorted() == [], "names of the palette that no role uses")
    }

    @Test func theDefaultIsLegibleOnLightAndDark() throws {
        let theme = try Theme(read("default"))
        let vanishing: [Color] = [.index(3), .index(7), .index(15), .index(11), .index(0)]
        for role in Role.allCases where theme[Style(role)].background == .default {
            #expect(!vanishing.contains(theme[Style(role)].foreground), "\(role)")
        }
    }

    @Test func theMonochromeOneHasNoColours() throws {
        let theme = try Theme(read("mono"))
        for role in Role.allCases { #expect(theme[Style(role)] == Look(emphasis: theme[Style(role)].emphasis)) }
    }

    @Test(arguments: ["default", "dark", "mono"]) func whatIsSelectedMarkedOrWrongStandsOut(name: String) throws {
        let theme = try Theme(read(name))
        for role in [Role.selection, .mark, .tabActive, .bad, .failure, .input] { #expect(theme[Style(role)] != theme[.text], "\(role)") }
    }

    /// As much of TOML as these files use: two tables, one line an entry.
    private func read(_ name: String) throws -> ThemeFile {
        let path = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../../themes/\(name).toml").standardized
        var file = ThemeFile(), table = ""
        for line in try String(contentsOf: path, encoding: .utf8).split(separator: "\n") where !line.hasPrefix("#") {
            if let match = line.wholeMatch(of: /\[(\w+)\]/) {
                table = String(match.1)
            } else if let match = line.wholeMatch(of: /([\w-]+) = "([^"]*)"/), table == "palette" {
                file.palette[String(match.1)] = String(match.2)
            } else if let match = line.wholeMatch(of: /([\w-]+) = \{ (.*) \}/), table == "roles" {
                file.roles[String(match.1)] = Dictionary(uniqueKeysWithValues: match.2.matches(of: /(\w+) = "([^"]*)"/).map { (String($0.1), String($0.2)) })
            } else {
                Issue.record("\(name).toml: \(line)")
            }
        }
        return file
    }
}
