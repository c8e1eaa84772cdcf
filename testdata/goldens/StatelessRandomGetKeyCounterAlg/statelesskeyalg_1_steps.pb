
1
seedPlaceholder*
dtype0*
shape:
8
opStatelessRandomGetKeyCounterAlgseed*
Tseed0