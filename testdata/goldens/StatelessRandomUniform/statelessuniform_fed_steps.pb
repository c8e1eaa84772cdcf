
2
shapePlaceholder*
dtype0	*
shape:
1
seedPlaceholder*
dtype0*
shape:
?
opStatelessRandomUniformshapeseed*
Tseed0*
T0	