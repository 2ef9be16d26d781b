class Production(:
    pass
