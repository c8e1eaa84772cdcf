
7
paramsPlaceholder*
dtype0
*
shape
:
8
indicesPlaceholder*
dtype0*
shape
:
>
opGatherNdparamsindices*
Tindices0*
Tparams0
