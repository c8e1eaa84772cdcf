
5
dataPlaceholder*
dtype0*
shape
:
4
indicesPlaceholder*
dtype0*
shape:
8
segment_idsPlaceholder*
dtype0	*
shape:
Z
opSparseSegmentSumdataindicessegment_ids*

Tidx0*
Tsegmentids0	*
T0