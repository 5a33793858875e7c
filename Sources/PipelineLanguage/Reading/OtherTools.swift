/// Terms of other tools, mainly PyTorch, for which the language has its own.
enum OtherTools {
  /// The language's word for another tool's term.
  ///
  /// - Parameter names: the words that are valid at the location.
  static func word(for name: String, among names: [String]) -> String? {
    let key = name.lowercased().filter { $0 != "_" && $0 != "-" }
    return words[key]?.first { names.contains($0) }
  }

  /// The setting of a solver that a key stands for which was found somewhere else.
  static func solverSetting(for name: String) -> String? {
    let key = name.lowercased().filter { $0 != "_" && $0 != "-" }
    return ([name] + (words[key] ?? [])).first { solverSettings.contains($0) }
  }

  /// Settings whose names mean nothing else.
  private static let solverSettings: Set<String> = [
    "momentum", "decay", "label-smoothing", "layer-decay", "toward-source", "precision", "steps-of",
  ]

  /// By the terms in lower case, without hyphens and underscores.
  private static let words: [String: [String]] = [
    "lr": ["rate"], "learningrate": ["rate"], "baselr": ["rate"],
    "weightdecay": ["decay"], "l2": ["decay"],
    "accumulate": ["steps-of"], "accumulation": ["steps-of"], "accumulationsteps": ["steps-of"],
    "gradientaccumulation": ["steps-of"], "microbatch": ["steps-of"],
    "clipgradnorm": ["clip"], "gradclip": ["clip"], "gradientclipping": ["clip"],
    "labelsmooth": ["label-smoothing"], "smoothing": ["label-smoothing"],
    "layerwisedecay": ["layer-decay"], "swa": ["average"], "ema": ["average"],
    "amp": ["precision"], "autocast": ["precision"], "dtype": ["precision"],
    "mixedprecision": ["precision"], "bf16": ["precision"], "bfloat16": ["precision"],
    "earlystopping": ["patience", "validate"], "l2sp": ["toward-source"], "learn": ["layers"],
    "batchsize": ["batch"], "minibatch": ["batch"],
    "numepochs": ["epochs"], "maxepochs": ["epochs"], "maxiter": ["iterations"],
    "steps": ["iterations"],
    "optimizer": ["solver", "solvers"], "optimiser": ["solver", "solvers"],
    "optimizers": ["solvers"], "optim": ["solver", "solvers"],
    "model": ["network", "networks"], "models": ["networks"], "net": ["network", "networks"],
    "data": ["datasets", "dataset", "on"], "dataset": ["datasets", "on"],
    "kernelsize": ["kernel"], "filtersize": ["kernel"],
    "outchannels": ["filters"], "numoutput": ["filters", "units"], "outfeatures": ["units"],
    "channels": ["filters"], "pad": ["padding"],
    "linear": ["dense"], "fc": ["dense"], "fullyconnected": ["dense"], "innerproduct": ["dense"],
    "conv2d": ["conv"], "convolution": ["conv"],
    "maxpool2d": ["max-pool"], "maxpooling2d": ["max-pool"], "pool": ["max-pool"],
    "avgpool": ["average-pool"], "avgpool2d": ["average-pool"],
    "batchnorm2d": ["batch-norm"], "batchnorm1d": ["batch-norm"], "bn": ["batch-norm"],
    "localresponsenorm": ["lrn"], "inputsize": ["input"], "inputshape": ["input"],
    "horizontalflip": ["mirror"], "randomhorizontalflip": ["mirror"], "flip": ["mirror"],
    "randomrotation": ["rotate"], "rotation": ["rotate"], "randomgrayscale": ["grayscale"],
    "greyscale": ["grayscale"], "randomerasing": ["cutout"], "jitter": ["color-jitter"],
    "normalize": ["normalize"], "std": ["deviation"], "normalise": ["normalize"],
    "transforms": ["augment"], "transform": ["augment"],
    "pretrained": ["from"], "weights": ["from"],
  ]
}
