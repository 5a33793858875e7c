import Basics
import Testing

@Test(arguments: [
  (0.0, "1970-01-01 00:00:00 UTC"),
  (951_782_400, "2000-02-29 00:00:00 UTC"),
  (1_709_251_199.9, "2024-02-29 23:59:59 UTC"),
  (1_767_225_600, "2026-01-01 00:00:00 UTC"),
  (4_107_542_400, "2100-03-01 00:00:00 UTC"),
  (-1, "1969-12-31 23:59:59 UTC"),
  (.nan, "?"), (1e300, "?"),
])
func datesAreGregorianAndUniversal(seconds: Double, text: String) {
  #expect(date(seconds: seconds) == text)
}

@Test(arguments: [
  (0.0, "19700101T000000Z"), (1_709_251_199.9, "20240229T235959Z"), (.infinity, "0"),
])
func compactDatesSortByTime(seconds: Double, text: String) {
  #expect(compactDate(seconds: seconds) == text)
}
