// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
    name: "celeriac",
    products: [
        .executable(name: "celeriac", targets: ["CeleriacCLI"]),
        .library(name: "Celeriac", targets: ["Celeriac"]),
    ],
    traits: [
        .trait(name: "TLS", description: "rediss:// and RabbitMQ's management plugin behind https:// by NIOSSL"),
        .default(enabledTraits: ["TLS"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-system", from: "1.5.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        // Pure: no sockets, files, clocks, environment or randomness.
        .target(
            name: "CeleriacCore",
            dependencies: [
                .product(name: "OrderedCollections", package: "swift-collections"),
            ],
            swiftSettings: settings),
        .target(name: "Dashboard", dependencies: ["CeleriacCore", .product(name: "OrderedCollections", package: "swift-collections")], swiftSettings: settings),

        // Contracts.
        .target(
            name: "CeleriacBroker",
            dependencies: [
                "CeleriacCore", .product(name: "DequeModule", package: "swift-collections"), .product(name: "OrderedCollections", package: "swift-collections"),
            ],
            swiftSettings: settings),

        // Edges: each knows one outside thing.
        .target(
            name: "CeleriacRedis",
            dependencies: [
                "CeleriacBroker", "CeleriacCore",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "OrderedCollections", package: "swift-collections"),
                .product(name: "NIOSSL", package: "swift-nio-ssl", condition: .when(traits: ["TLS"])),
            ],
            swiftSettings: settings),
        .target(name: "CRabbitMQ", linkerSettings: [.linkedLibrary("rabbitmq")]),
        .target(
            name: "CeleriacAMQP",
            dependencies: [
                "CRabbitMQ", "CeleriacBroker", "CeleriacCore",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl", condition: .when(traits: ["TLS"])),
                .product(name: "OrderedCollections", package: "swift-collections"),
            ],
            swiftSettings: settings),
        .target(
            name: "CeleriacSQL",
            dependencies: [
                "CeleriacBroker", "CeleriacCore", .product(name: "GRDB", package: "GRDB.swift"), .product(name: "OrderedCollections", package: "swift-collections"),
            ],
            swiftSettings: settings),
        .target(
            name: "CeleriacFiles",
            dependencies: [
                "CeleriacBroker", "CeleriacCore", .product(name: "OrderedCollections", package: "swift-collections"), .product(name: "TOMLKit", package: "TOMLKit"),
            ],
            swiftSettings: settings),
        .target(name: "CTerminal", linkerSettings: [.linkedLibrary("ncursesw")]),
        .target(name: "Terminal", dependencies: ["CTerminal", "Dashboard"], swiftSettings: settings),

        // The engine and its façade.
        .target(
            name: "Celeriac",
            dependencies: [
                "CeleriacAMQP", "CeleriacBroker", "CeleriacCore", "CeleriacFiles", "CeleriacRedis", "CeleriacSQL",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HeapModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "OrderedCollections", package: "swift-collections"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: settings),

        // The program.
        .executableTarget(
            name: "CeleriacCLI",
            dependencies: [
                "Celeriac", "CeleriacBroker", "CeleriacCore", "CeleriacFiles", "Dashboard", "Terminal",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "OrderedCollections", package: "swift-collections"),
                .product(name: "TOMLKit", package: "TOMLKit"),
            ],
            resources: [.embedInCode("themes/default.toml"), .embedInCode("themes/dark.toml"), .embedInCode("themes/mono.toml"), .embedInCode("themes/keys.toml")],
            swiftSettings: settings),

        // Tests.
        .target(name: "TestSupport", dependencies: ["CeleriacCore"], path: "Tests/TestSupport", swiftSettings: settings),
        .testTarget(name: "CeleriacCoreTests", dependencies: ["CeleriacCore", "TestSupport", .product(name: "OrderedCollections", package: "swift-collections")], swiftSettings: settings),
        .testTarget(
            name: "DashboardTests", dependencies: ["Dashboard", "CeleriacCore", "TestSupport", .product(name: "OrderedCollections", package: "swift-collections")],
            exclude: ["Pictures"], swiftSettings: settings),
        .testTarget(name: "CeleriacRedisTests", dependencies: ["CeleriacRedis", "CeleriacBroker", "CeleriacCore", "TestSupport", .product(name: "NIOCore", package: "swift-nio")], swiftSettings: settings),
        .testTarget(
            name: "CeleriacAMQPTests",
            dependencies: ["CeleriacAMQP", "CeleriacBroker", "CeleriacCore", "TestSupport", .product(name: "OrderedCollections", package: "swift-collections")],
            swiftSettings: settings),
        .testTarget(
            name: "CeleriacSQLTests",
            dependencies: [
                "CeleriacSQL", "CeleriacBroker", "CeleriacCore", "TestSupport", .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "OrderedCollections", package: "swift-collections"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "CeleriacFilesTests",
            dependencies: ["CeleriacFiles", "CeleriacBroker", "CeleriacCore", "TestSupport", .product(name: "OrderedCollections", package: "swift-collections")],
            swiftSettings: settings),
        .testTarget(
            name: "ConformanceTests",
            dependencies: [
                "CeleriacAMQP", "CeleriacBroker", "CeleriacCore", "CeleriacFiles", "CeleriacRedis", "CeleriacSQL", "TestSupport", .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "OrderedCollections", package: "swift-collections"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "CeleriacTests",
            dependencies: [
                "Celeriac", "CeleriacBroker", "CeleriacCore", "pool-probe", "TestSupport", .product(name: "Logging", package: "swift-log"),
                .product(name: "OrderedCollections", package: "swift-collections"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "pool-probe",
            dependencies: ["Celeriac", "CeleriacBroker", "CeleriacCore", .product(name: "OrderedCollections", package: "swift-collections")],
            path: "Tests/PoolProbe", swiftSettings: settings),
        .executableTarget(
            name: "suite-worker",
            dependencies: ["Celeriac", "CeleriacBroker", "CeleriacCore", .product(name: "OrderedCollections", package: "swift-collections")],
            path: "Tests/SuiteWorker", swiftSettings: settings),
        .executableTarget(
            name: "engine-bench",
            dependencies: [
                "Celeriac", "CeleriacCore", .product(name: "Logging", package: "swift-log"), .product(name: "OrderedCollections", package: "swift-collections"),
            ],
            path: "Tests/EngineBench", swiftSettings: settings),
        .testTarget(
            name: "EngineTests",
            dependencies: [
                "Celeriac", "CeleriacAMQP", "CeleriacBroker", "CeleriacCore", "CeleriacFiles", "suite-worker", "TestSupport", .product(name: "OrderedCollections", package: "swift-collections"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "InteropTests",
            dependencies: [
                "CeleriacBroker", "CeleriacCore", "CeleriacRedis", "CeleriacSQL", "TestSupport", .product(name: "OrderedCollections", package: "swift-collections"),
            ],
            swiftSettings: settings),
        .executableTarget(name: "TerminalProbe", dependencies: ["Dashboard", "Terminal", "TestSupport"], path: "Tests/TerminalProbe", swiftSettings: settings),
        .testTarget(name: "TerminalTests", dependencies: ["CeleriacCore", "Terminal", "TerminalProbe", "CTerminal", "Dashboard", "TestSupport"], swiftSettings: settings),
    ]
)
