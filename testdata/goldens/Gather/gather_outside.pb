
3
paramsPlaceholder*
dtype0*
shape:
4
indicesPlaceholder*
dtype0*
shape:
<
opGatherparamsindices*
Tindices0*
Tparams0