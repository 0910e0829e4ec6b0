// swift-tools-version: 6.2
import PackageDescription

/// Every Swift target of the package is built under the same fences: language mode 6, strict memory
/// safety, and warnings that stop the build.
let fences: [SwiftSetting] = [
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

/// Tests call C to build their fixtures, and may import testable modules.
let testFences: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
]

/// A check must cost little more than the handshake it makes, and most of it is starting the process.
/// Measured against `nc -z`: as linked by default 2.9 times as long, with these flags 2.1 times.
/// A static Swift runtime, libstdc++ and libgcc leave the loader three libraries; without PIE it has
/// 300 relocations to make instead of 38,000. `scripts/link` holds the linker script by which
/// `-lstdc++` means the static library.
let quickStart: [LinkerSetting] = [
  .unsafeFlags(
    [
      "-static-stdlib", "-L\(Context.packageDirectory)/scripts/link",
      "-Xclang-linker", "-no-pie", "-Xclang-linker", "-static-libgcc",
      // What ArgumentParser's FoundationEssentials needs when it is linked statically.
      "-l_FoundationCShims", "-l_FoundationCollections", "-lswiftSynchronization",
    ], .when(configuration: .release))
]

let package = Package(
  name: "reach",
  products: [
    .executable(name: "reach", targets: ["reach"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
  ],
  targets: [
    // Layer 0: nouns.
    .target(name: "Model", swiftSettings: fences),

    // Layer 1: one verb each, and the only C in the house.
    .target(name: "DecisionDiagram", swiftSettings: fences),
    .systemLibrary(name: "CMnl", pkgConfig: "libmnl", providers: [.apt(["libmnl-dev"])]),
    .target(name: "CLinux"),
    // Lifetimes: netlink messages are read in place through views that can't outlive the buffer.
    .target(
      name: "Kernel", dependencies: ["Model", "CMnl", "CLinux"],
      swiftSettings: fences + [.enableExperimentalFeature("Lifetimes")]),

    // Layer 2: the one evaluator.
    .target(name: "Evaluator", dependencies: ["Model", "DecisionDiagram"], swiftSettings: fences),

    // Layer 3: evidence, conclusions, words.
    .target(name: "Probing", dependencies: ["Model", "Kernel"], swiftSettings: fences),
    .target(name: "Diagnosis", dependencies: ["Model"], swiftSettings: fences),
    .target(name: "Reporting", dependencies: ["Model"], swiftSettings: fences),

    // Layer 4: the command.
    .executableTarget(
      name: "reach",
      dependencies: [
        "Model", "Kernel", "Evaluator", "Probing", "Diagnosis", "Reporting",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: fences, linkerSettings: quickStart),

    // Tests mirror the targets; `Support` is what they share. libnftnl is a witness: it decodes the
    // same messages as Kernel, by other people's code. The program itself does not use it.
    .systemLibrary(
      name: "CNftnl", path: "Tests/CNftnl", pkgConfig: "libnftnl",
      providers: [.apt(["libnftnl-dev"])]),
    .target(
      name: "TestSupport", dependencies: ["Model", "Kernel", "Evaluator"], path: "Tests/Support",
      swiftSettings: testFences),
    .executableTarget(
      name: "reach-oracle", dependencies: ["TestSupport"], path: "Tests/Oracle",
      swiftSettings: testFences),
    .testTarget(name: "ModelTests", dependencies: ["Model"], swiftSettings: testFences),
    .testTarget(
      name: "DecisionDiagramTests", dependencies: ["DecisionDiagram"], swiftSettings: testFences),
    .testTarget(
      name: "KernelTests",
      dependencies: ["Kernel", "Evaluator", "Reporting", "Model", "CNftnl", "TestSupport"],
      exclude: ["Captures"], swiftSettings: testFences),
    .testTarget(
      name: "EvaluatorTests", dependencies: ["Evaluator", "DecisionDiagram", "Model"],
      swiftSettings: testFences),
    .testTarget(
      name: "ProbingTests", dependencies: ["Probing", "Kernel", "Model", "TestSupport"],
      swiftSettings: testFences),
    .testTarget(
      name: "DiagnosisTests", dependencies: ["Diagnosis", "Kernel", "Model", "TestSupport"],
      swiftSettings: testFences),
    .testTarget(
      name: "ReportingTests",
      dependencies: ["Reporting", "Diagnosis", "Kernel", "Model", "TestSupport"],
      exclude: ["Golden"], swiftSettings: testFences),
    .testTarget(
      name: "ReachTests", dependencies: ["reach", "Model", "Reporting", "TestSupport"],
      swiftSettings: testFences),
    .testTarget(
      name: "OracleTests", dependencies: ["Evaluator", "Kernel", "Model", "TestSupport"],
      swiftSettings: testFences),
  ],
  swiftLanguageModes: [.v6]
)
