
5
dataPlaceholder*
dtype0*
shape
:Z#
8
segment_idsPlaceholder*
dtype0	*
shape:Z
=
opSegmentProddatasegment_ids*
Tindices0	*
T0