import Reporting
import Testing

@Suite struct ScaleTests {
  @Test(arguments: [
    (low: 52.3, high: 64.7, step: 2.0, first: 52.0, last: 66.0),
    (low: 0, high: 1, step: 0.2, first: 0, last: 1),
    (low: -8.2, high: 0.3, step: 2, first: -10, last: 2),
    (low: 0.00031, high: 0.00042, step: 0.00002, first: 0.0003, last: 0.00042),
    (low: 0, high: 450_000, step: 100_000, first: 0, last: 500_000),
  ])
  func linearTicksAreRoundAndCoverTheValues(
    _ example: (low: Double, high: Double, step: Double, first: Double, last: Double)
  ) {
    let scale = Scale.linear(covering: [example.high, example.low], from: 100, to: 0, ticks: 7)
    let values = scale.ticks.map(\.value)
    for (value, next) in zip(values, values.dropFirst()) {
      #expect(abs(next - value - example.step) < 1e-9 * max(1, example.step))
    }
    #expect(abs((values.first ?? .nan) - example.first) < 1e-9)
    #expect(abs((values.last ?? .nan) - example.last) < 1e-9 * max(1, example.last))
    #expect(abs(scale.position(example.first) - 100) < 1e-9)
    #expect(abs(scale.position(example.last)) < 1e-9)
  }

  @Test func aLinearScaleIsLinear() {
    let scale = Scale.linear(covering: [0, 10], from: 200, to: 100)
    #expect(scale.position(0) == 200)
    #expect(scale.position(5) == 150)
    #expect(scale.position(10) == 100)
  }

  @Test func equalFactorsAreEqualDistancesOnALogarithmicScale() {
    let scale = Scale.logarithmic(covering: [1, 1000], from: 0, to: 300)
    #expect(abs(scale.position(1)) < 1e-9)
    #expect(abs(scale.position(10) - 100) < 1e-9)
    #expect(abs(scale.position(1000) - 300) < 1e-9)
    #expect(scale.ticks.map(\.label).contains("10"))
  }

  @Test func labelsAreShort() {
    #expect(
      Scale.linear(covering: [0, 450_000], from: 0, to: 1).ticks.map(\.label).contains("200k"))
    #expect(
      Scale.linear(covering: [-10, 2], from: 0, to: 1).ticks.map(\.label).first == "−10")
    #expect(
      Scale.logarithmic(covering: [1e-6, 1], from: 0, to: 1).ticks.map(\.label).contains("10⁻⁶"))
  }

  @Test(arguments: [
    [], [Double.nan], [Double.infinity, -Double.infinity], [3.0, 3], [0.0],
    [-1e300, 1e300] as [Double],
  ])
  func anyValuesGiveAScale(_ values: [Double]) {
    for scale in [
      Scale.linear(covering: values, from: 0, to: 100),
      Scale.logarithmic(covering: values, from: 0, to: 100),
    ] {
      #expect(scale.domain.lowerBound < scale.domain.upperBound)
      #expect(scale.ticks.count >= 1 && scale.ticks.count < 50)
      #expect(scale.position(scale.domain.lowerBound).isFinite)
    }
  }

  @Test(arguments: [
    (low: 5.0, high: 100.0, width: 300.0, labels: ["5", "10", "20", "50", "100"]),
    (low: 5, high: 100, width: 90, labels: ["10", "100"]),
    (low: 3, high: 8, width: 300, labels: ["3", "4", "5", "6", "7", "8"]),
    (low: 6, high: 9, width: 300, labels: ["6", "7", "8", "9"]),
    (
      low: 1, high: 1000, width: 500,
      labels: ["1", "2", "5", "10", "20", "50", "100", "200", "500", "1000"]
    ),
    (low: 0.001, high: 0.1, width: 100, labels: ["0.001", "0.01", "0.1"]),
  ])
  func powersOfTenAreLabelledFirst(
    _ example: (low: Double, high: Double, width: Double, labels: [String])
  ) {
    let scale = Scale.logarithmic(
      covering: [example.low, example.high], from: 0, to: example.width, labels: 10
    ).thinned(size: 12)
    #expect(scale.ticks.map(\.label).filter { !$0.isEmpty } == example.labels)
  }

  @Test func labelsThatWouldOverlapAreLeftOut() {
    let ticks = (0...100).map { Scale.Tick(value: Double($0), label: "\($0)") }
    let scale = Scale.linear(0...100, ticksAt: ticks, from: 0, to: 200).thinned(size: 12)
    let boxes = scale.ticks.filter { !$0.label.isEmpty }.map {
      Drawing.box(of: $0.label, x: scale.position($0.value), y: 0, anchor: .middle)
    }
    #expect(boxes.count > 3)
    #expect(zip(boxes, boxes.dropFirst()).allSatisfy { !$0.overlaps($1) })
  }
}
