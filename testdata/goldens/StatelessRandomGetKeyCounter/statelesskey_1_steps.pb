
1
seedPlaceholder*
dtype0	*
shape:
5
opStatelessRandomGetKeyCounterseed*
Tseed0	